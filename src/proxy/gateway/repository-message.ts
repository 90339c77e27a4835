import { BYTES, WireReader } from '../../kserve/index.ts';

/** The fields of a message whose content protobuf checks: texts, and messages within it. */
interface Fields {
  readonly texts: readonly number[];
  readonly messages: ReadonlyMap<number, Fields>;
}

const PARAMETER: Fields = { texts: [3], messages: new Map() };
const ENTRY: Fields = { texts: [1], messages: new Map([[2, PARAMETER]]) };
/** RepositoryModelLoadRequest and RepositoryModelUnloadRequest. */
const REQUEST: Fields = { texts: [1, 2], messages: new Map([[3, ENTRY]]) };

/** Whether bytes are a message that loads or unloads a model, as far as protobuf's own parser looks. */
export function isRepositoryMessage(bytes: Buffer): boolean {
  try {
    check(new WireReader(bytes), REQUEST);
    return true;
  } catch {
    return false;
  }
}

/** @throws WireError */
function check(reader: WireReader, { texts, messages }: Fields): void {
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    const field = tag >>> 3;
    const message = (tag & 7) === BYTES ? messages.get(field) : undefined;
    if (message) check(reader.message(), message);
    else if ((tag & 7) === BYTES && texts.includes(field)) reader.string();
    else reader.skip(tag);
  }
}
