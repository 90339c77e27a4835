import { describe, expect, it } from 'vitest';
import { LogStore } from '../../../../src/events/index.ts';
import { LogView } from '../../../../src/ui/tui/log-view.ts';

function setUp(lines: number, capacity = 1_000) {
  const store = new LogStore({ lines: capacity, bytes: 1e8 });
  const view = new LogView(store);
  const add = (count: number) => {
    for (let index = 0; index < count; index += 1) {
      const id = store.nextId;
      const level = id % 10 === 0 ? 'error' : id % 5 === 0 ? 'warning' : 'info';
      store.append({ time: '', source: 'script', level, text: `Line ${id}` });
    }
    view.update();
  };
  add(lines);
  const shown = (rows: number) => view.window(rows).map((entry) => entry.id);
  return { store, view, add, shown };
}

describe('LogView', () => {
  it('follows the end until scrolled', () => {
    const { view, add, shown } = setUp(20);
    expect(shown(3)).toEqual([17, 18, 19]);
    add(1);
    expect(shown(3)).toEqual([18, 19, 20]);
    expect([view.following, view.below]).toEqual([true, 0]);
  });

  it('stays on what one reads while lines come, and counts them', () => {
    const { view, add, shown } = setUp(20);
    view.scroll(-2, 3);
    expect(shown(3)).toEqual([15, 16, 17]);
    add(50);
    expect(shown(3)).toEqual([15, 16, 17]);
    expect([view.following, view.below]).toEqual([false, 52]);
  });

  it('follows again at the end', () => {
    const { view, add, shown } = setUp(20);
    view.scroll(-2, 3);
    view.scroll(1, 3);
    expect(view.following).toBe(false);
    view.scroll(1, 3);
    expect(view.following).toBe(true);
    view.scroll(-5, 3);
    view.follow();
    add(1);
    expect(shown(2)).toEqual([19, 20]);
  });

  it('stops at the oldest line with a full window', () => {
    const { view, shown } = setUp(20);
    view.scroll(-1_000, 3);
    expect(shown(3)).toEqual([0, 1, 2]);
    view.follow();
    view.toStart(3);
    expect(shown(3)).toEqual([0, 1, 2]);
    view.scroll(2, 3);
    expect(shown(3)).toEqual([2, 3, 4]);
  });

  it('does not scroll when everything is in sight', () => {
    const { view, shown } = setUp(3);
    view.scroll(-1, 5);
    expect([view.following, shown(5)]).toEqual([true, [0, 1, 2]]);
  });

  it('says so when what one reads had to go, and shows the oldest that is left', () => {
    const { view, add, shown } = setUp(20, 30);
    view.scroll(-15, 3);
    expect(shown(3)).toEqual([2, 3, 4]);
    add(100);
    expect(view.anchorLost).toBe(true);
    expect(shown(3)).toEqual([90, 91, 92]);
    view.scroll(1, 3);
    expect(view.anchorLost).toBe(false);
    expect(shown(3)).toEqual([91, 92, 93]);
  });

  it('filters by level and by text whatever its case, what is there and what comes', () => {
    const { view, add, shown } = setUp(30);
    view.filter = { level: 'error', text: '' };
    expect(shown(10)).toEqual([0, 10, 20]);
    add(11);
    expect(shown(10)).toEqual([0, 10, 20, 30, 40]);
    view.filter = { level: 'debug', text: 'lINE 1' };
    expect(view.count).toBe(11);
    view.filter = { level: 'debug', text: '' };
    expect(view.count).toBe(41);
  });

  it('keeps its place when a filter hides the line it hangs on', () => {
    const { view, shown } = setUp(100);
    view.scroll(-46, 3);
    expect(shown(3)).toEqual([51, 52, 53]);
    view.filter = { level: 'error', text: '' };
    expect(shown(3)).toEqual([30, 40, 50]);
    view.filter = { level: 'debug', text: '' };
    expect(shown(3)).toEqual([51, 52, 53]);
  });

  it('starts again after the log was emptied', () => {
    const { store, view, add, shown } = setUp(20);
    store.clear();
    view.update();
    expect([view.count, shown(5)]).toEqual([0, []]);
    add(2);
    expect(shown(5)).toEqual([20, 21]);
  });

  it('filters ten thousand lines', () => {
    const { view } = setUp(10_000, 10_000);
    view.filter = { level: 'debug', text: 'line 77' };
    expect(view.count).toBe(111);
  });
});
