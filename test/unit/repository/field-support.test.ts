import protobuf from 'protobufjs';
import { expect, it } from 'vitest';
import { FIELD_SUPPORT } from '../../../src/repository/field-support.ts';
import { getModelConfigType } from '../../../src/repository/model-config-proto.ts';

it('says of every field of every message what becomes of it, and of no other', () => {
  const inProto = new Map<string, string[]>();
  const visit = (type: protobuf.Type) => {
    if (inProto.has(type.name) || type.fieldsArray.length === 0) return;
    inProto.set(
      type.name,
      type.fieldsArray.map(({ name }) => name),
    );
    for (const { resolvedType } of type.fieldsArray)
      if (resolvedType instanceof protobuf.Type) visit(resolvedType);
  };
  visit(getModelConfigType());
  const inTable = Object.entries(FIELD_SUPPORT).map(
    ([message, fields]) => [message, Object.keys(fields).sort()] as const,
  );
  expect(Object.fromEntries(inTable)).toEqual(
    Object.fromEntries([...inProto].map(([message, fields]) => [message, fields.sort()])),
  );
});
