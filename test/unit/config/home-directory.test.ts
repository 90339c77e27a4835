import { homedir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { currentEnvironment, detachedEnvironment, homeDirectory } from '../../../src/config/index.ts';

describe('the state folder', () => {
  it('is in the local application data on Windows', () => {
    const variables = { LOCALAPPDATA: 'C:\\Users\\ada\\AppData\\Local', XDG_STATE_HOME: 'D:\\xdg' };
    expect(homeDirectory(variables, 'win32')).toBe('C:\\Users\\ada\\AppData\\Local\\triton-local');
  });

  it('follows XDG elsewhere, macOS included', () => {
    const variables = { LOCALAPPDATA: '/not/this', XDG_STATE_HOME: '/state' };
    for (const platform of ['linux', 'darwin'] as const)
      expect(homeDirectory(variables, platform)).toBe(path.join('/state', 'triton-local'));
    expect(homeDirectory({}, 'darwin')).toBe(path.join(homedir(), '.local', 'state', 'triton-local'));
  });

  it('is where TRITON_LOCAL_HOME says, on each of them', () => {
    for (const platform of ['linux', 'darwin', 'win32'] as const)
      expect(homeDirectory({ TRITON_LOCAL_HOME: 'mine', LOCALAPPDATA: 'x' }, platform)).toBe(
        path.resolve('mine'),
      );
  });

  it('is the same for processes that we start in another folder', () => {
    const variables = { TRITON_LOCAL_HOME: 'mine' };
    for (const environment of [currentEnvironment(variables), detachedEnvironment(variables)])
      expect(environment.TRITON_LOCAL_HOME).toBe(path.resolve('mine'));
    expect(detachedEnvironment({ PATH: 'x' })).toEqual({ PATH: 'x' });
  });
});
