type Child = Node | string;

export interface Attributes {
  readonly class?: string;
  readonly title?: string;
  readonly type?: string;
  readonly href?: string;
  readonly value?: string;
  readonly [data: `aria-${string}`]: string;
  readonly role?: string;
}

/** An element with children. Strings become text, never markup. */
export function el<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** The element of `index.html` with this id. */
export function byId<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${id}`);
  return element;
}

/** Replaces the text, unless it is the same: selections and screen readers keep their place. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** The first body of a table. */
export function bodyOf(table: HTMLTableElement): HTMLTableSectionElement {
  return table.tBodies[0] ?? table.createTBody();
}

/** How the rows of a list follow its items. */
export interface Rows<Item, Row extends HTMLElement> {
  keyOf(item: Item): string;
  create(item: Item): Row;
  update(row: Row, item: Item): void;
}

/**
 * Makes the children of `parent` show these items, in order. The row of an item that stays is kept, with the focus and
 * the selection in it.
 */
export class KeyedList<Item, Row extends HTMLElement> {
  readonly #parent: HTMLElement;
  readonly #rows: Rows<Item, Row>;
  #shown = new Map<string, Row>();

  constructor(parent: HTMLElement, rows: Rows<Item, Row>) {
    this.#parent = parent;
    this.#rows = rows;
  }

  show(items: readonly Item[]): void {
    const next = new Map<string, Row>();
    for (const item of items) {
      const key = this.#rows.keyOf(item);
      const row = this.#shown.get(key) ?? this.#rows.create(item);
      this.#rows.update(row, item);
      next.set(key, row);
    }
    for (const [key, row] of this.#shown) if (!next.has(key)) row.remove();
    let place = this.#parent.firstElementChild;
    for (const row of next.values()) {
      if (row === place) place = place.nextElementSibling;
      else this.#parent.insertBefore(row, place);
    }
    this.#shown = next;
  }
}
