import { describeCharacter } from './config-characters.ts';

/** A value in a protobuf text file; offsets count UTF-16 units from the start of the text. */
export type SyntaxValue =
  | { readonly kind: 'message'; readonly offset: number; readonly fields: readonly SyntaxField[] }
  | {
      readonly kind: 'string' | 'number' | 'word';
      readonly offset: number;
      /** As written, sign included; for strings, all parts with their quotes. */
      readonly text: string;
    };

export interface SyntaxField {
  readonly name: string;
  readonly offset: number;
  readonly hasColon: boolean;
  readonly isList: boolean;
  /** One value, or the values of the list. */
  readonly values: readonly SyntaxValue[];
}

export interface SyntaxTree {
  readonly fields: readonly SyntaxField[];
  /** The first syntax error; `fields` has what precedes it. */
  readonly fault: SyntaxFault | undefined;
}

export interface SyntaxFault {
  readonly message: string;
  readonly offset: number;
  readonly hint?: string;
}

/**
 * Reads the structure of a protobuf text file without its schema: which field is where. protobufjs reports no columns,
 * and for many mistakes not even a line; this finds them.
 */
export function readConfigSyntax(text: string): SyntaxTree {
  const fields: SyntaxField[] = [];
  try {
    new SyntaxReader(text).readFields(fields, undefined);
    return { fields, fault: undefined };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { fields, fault: error.fault };
  }
}

/** Line and column of an offset, both from 1. */
export function positionAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}

interface Token {
  readonly kind: 'punctuation' | 'string' | 'number' | 'word' | 'end';
  readonly text: string;
  readonly offset: number;
}

class Fault extends Error {
  readonly fault: SyntaxFault;

  constructor(fault: SyntaxFault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** What protobuf's reader skips; no other character counts as white space. */
const SPACE = /(?:[ \t\r\n\v\f]|#[^\n]*)*/y;
const PUNCTUATION = /[{}<>[\]:,;-]/y;
const STRING = /"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'/y;
const NUMBER = /(?:\d|\.\d)(?:[eE][+-]\d|[\w.])*/y;
const WORD = /[A-Za-z_]\w*/y;
/** The depth limit of protobufjs, beyond any real configuration. */
const MAX_DEPTH = 100;

class SyntaxReader {
  readonly #text: string;
  #token: Token;
  #end = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#token = this.#scan();
  }

  /** Reads fields until `closer`, or until the end of the text without one. */
  readFields(fields: SyntaxField[], opener: Token | undefined): void {
    const closer = opener && (opener.text === '<' ? '>' : '}');
    for (;;) {
      if (this.#token.kind === 'end' && opener) throw this.#unclosed(opener);
      if (this.#token.kind === 'end' || this.#token.text === closer) {
        this.#next();
        return;
      }
      fields.push(this.#readField());
      if (this.#token.text === ',' || this.#token.text === ';') this.#next();
    }
  }

  #readField(): SyntaxField {
    const { kind, text: name, offset } = this.#token;
    if (kind !== 'word') throw this.#unexpected('the name of a field');
    this.#next();
    const hasColon = this.#token.text === ':' && this.#token.kind === 'punctuation';
    if (hasColon) this.#next();
    else if (!this.#at('{', '<', '[')) throw this.#unexpected(`':' after '${name}'`);
    if (!this.#at('[')) return { name, offset, hasColon, isList: false, values: [this.#readValue()] };

    const opener = this.#next();
    const values: SyntaxValue[] = [];
    while (!this.#at(']')) {
      values.push(this.#readValue());
      if (this.#at(',')) {
        const comma = this.#next();
        if (this.#at(']'))
          throw new Fault({ message: "no ',' is allowed after the last element", offset: comma.offset });
      } else if (this.#token.kind === 'end') throw this.#unclosed(opener);
      else if (!this.#at(']')) throw this.#unexpected("',' or ']'");
    }
    this.#next();
    return { name, offset, hasColon, isList: true, values };
  }

  #readValue(): SyntaxValue {
    const { offset } = this.#token;
    if (this.#at('{', '<')) {
      if (++this.#depth > MAX_DEPTH) throw new Fault({ message: 'nested too deeply', offset });
      const fields: SyntaxField[] = [];
      this.readFields(fields, this.#next());
      this.#depth--;
      return { kind: 'message', offset, fields };
    }
    if (this.#token.kind === 'string') {
      let text = this.#next().text;
      while (this.#token.kind === 'string') text += this.#next().text;
      return { kind: 'string', offset, text };
    }
    const sign = this.#at('-') ? this.#next().text : '';
    const { kind } = this.#token;
    if (kind !== 'number' && kind !== 'word') throw this.#unexpected('a value');
    return { kind, offset, text: sign + this.#next().text };
  }

  #at(...punctuation: string[]): boolean {
    return this.#token.kind === 'punctuation' && punctuation.includes(this.#token.text);
  }

  #next(): Token {
    const token = this.#token;
    if (token.kind !== 'end') this.#token = this.#scan();
    return token;
  }

  #scan(): Token {
    this.#end += this.#match(SPACE)?.length ?? 0;
    const offset = this.#end;
    if (offset >= this.#text.length) return { kind: 'end', text: '', offset };
    for (const [kind, pattern] of TOKENS) {
      const text = this.#match(pattern);
      if (text !== undefined) {
        this.#end += text.length;
        return { kind, text, offset };
      }
    }
    const character = String.fromCodePoint(this.#text.codePointAt(offset) ?? 0);
    if (character === '"' || character === "'")
      throw new Fault({ message: 'a text in quotes must end on its line', offset });
    if (!/[ -~]/.test(character)) throw new Fault({ ...describeCharacter(character), offset });
    throw new Fault({ message: `'${character}' has no meaning here`, offset });
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#end;
    return pattern.exec(this.#text)?.[0];
  }

  #unexpected(wanted: string): Fault {
    const { kind, text, offset } = this.#token;
    const found = kind === 'end' ? 'the end of the file' : `'${text}'`;
    return new Fault({ message: `expected ${wanted} but found ${found}`, offset });
  }

  #unclosed(opener: Token): Fault {
    const closer = { '{': '}', '<': '>' }[opener.text] ?? ']';
    const { line } = positionAt(this.#text, opener.offset);
    return new Fault({
      message: `the file ends inside '${opener.text}' of line ${line}`,
      offset: opener.offset,
      hint: `add the missing '${closer}'`,
    });
  }
}

const TOKENS = [
  ['punctuation', PUNCTUATION],
  ['string', STRING],
  ['number', NUMBER],
  ['word', WORD],
] as const;
