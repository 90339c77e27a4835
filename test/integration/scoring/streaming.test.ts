// Bodies that a script makes piece by piece, over a socket: each piece leaves when it is made, a caller who reads
// slowly slows the script down, and one who leaves ends it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peerPython } from '../../helpers/python.ts';
import { open, requestText } from '../../unit/scoring/raw-http.ts';
import { ScriptService } from './script-service.ts';

const SCRIPT = `
import os
import flask
from azureml.contrib.services.aml_request import rawhttp

def init():
    global gate
    gate = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gate")

def waiting():
    yield b"first"
    with open(gate) as file:  # a fifo: opens when the test writes to it
        file.read()
    yield b"second"

def endless():
    try:
        while True:
            yield b"x" * 65536
    finally:
        print("closed")

def broken():
    yield b"half"
    sys.exit("not the script's fault")

@rawhttp
def run(request):
    kind = request.args.get("kind")
    if kind:
        return flask.Response({"waiting": waiting, "endless": endless, "broken": broken}[kind]())
    return "idle"
`;

describe.skipIf(!peerPython || process.platform === 'win32')('a streamed answer', () => {
  let service: ScriptService;
  beforeAll(async () => {
    service = await ScriptService.start(SCRIPT);
    await service.makeFifo('gate');
  });
  afterAll(() => service?.[Symbol.asyncDispose]());

  const openStream = async (kind: string) => {
    const socket = await open(service.port);
    socket.write(requestText('GET', `/score?kind=${kind}`));
    return socket;
  };

  it('leaves in the pieces in which it is made', async () => {
    const socket = await openStream('waiting');
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    const ended = new Promise((resolve) => socket.once('close', resolve));
    await expect.poll(() => text).toContain('\r\n\r\n5\r\nfirst\r\n');
    await service.writeTo('gate', 'go');
    await ended;
    expect(text).toMatch(/\r\n\r\n5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n$/);
  });

  it('ends with its caller, and the worker takes the next request', async () => {
    const socket = await openStream('endless');
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    await expect.poll(() => service.logs(), { timeout: 5_000 }).toContain('closed');
    expect((await service.send('GET', '/score')).body.toString()).toBe('"idle"');
  });

  it('is held back while its caller does not read', async () => {
    const socket = await openStream('endless');
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    const before = process.memoryUsage().rss;
    // Long enough for gigabytes, were nothing to hold the script back.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
    socket.destroy();
    expect((await service.send('GET', '/score')).body.toString()).toBe('"idle"');
  });

  it('breaks off where the script fails, and does not pass for whole', async () => {
    const socket = await openStream('broken');
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    await new Promise((resolve) => socket.once('close', resolve));
    expect(text).toMatch(/4\r\nhalf\r\n$/);
    await expect.poll(() => service.logs().join('\n')).toContain('NameError');
  });
});
