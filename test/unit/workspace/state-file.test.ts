import { expect, it } from 'vitest';
import { StateFile } from '../../../src/workspace/state-file.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

it('lets many changes of one process take turns in the order in which they came', async () => {
  await using folder = await TempFolder.create();
  const file = new StateFile(folder.path('state.json'));
  const order: number[] = [];
  const numbers = Array.from({ length: 40 }, (_, number) => number);
  await Promise.all(
    numbers.map((number) =>
      file.update((state) => {
        order.push(number);
        return { state: { ...state, archivedNames: [...state.archivedNames] }, result: number };
      }),
    ),
  );
  expect(order).toEqual(numbers);
});

it('goes on after a change that failed', async () => {
  await using folder = await TempFolder.create();
  const file = new StateFile(folder.path('state.json'));
  const failed = file.update(() => Promise.reject(new Error('no')));
  const next = file.update((state) => ({ state, result: 'done' }));
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('done');
});
