import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { type GrpcInterface, TRITON_SERVICE } from '../../../helpers/grpc-interface.ts';
import { steps } from './repositories/stream-scripts.ts';

/** What a user does with @grpc/grpc-js: the outcomes in order, so that two servers can be compared. */
export async function nodeClientOutcomes(port: number, grpc: GrpcInterface): Promise<readonly unknown[]> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const { unary, streamed } = callsOf(client, grpc);
  try {
    return [
      await unary('ServerLive', {}),
      await unary('ModelMetadata', { name: 'plain' }),
      await unary('ModelConfig', { name: 'numbers' }),
      await unary('ModelInfer', steps('plain', [{ send: [1, 2] }], { id: 'a' })),
      await unary('ModelInfer', steps('nothing', [])),
      await unary('ModelInfer', steps('decoupled', [])),
      await unary('ModelInfer', steps('plain', [{ raise: 'boom' }])),
      await unary('ModelInfer', steps('plain', [{ sleep: 1_500 }]), Date.now() + 300),
      await Promise.all(
        Array.from({ length: 50 }, (_none, index) =>
          unary('ModelInfer', steps('other', [{ send: [index] }], { id: `${index}` })),
        ),
      ),
      await streamed([0, 1, 2].map((value) => steps('other', [{ send: [value] }], { id: `${value}` }))),
      await streamed([steps('decoupled', [{ send: [1] }, { error: 'as asked' }, { send: [2] }])]),
      await streamed([steps('nothing', [])]),
    ];
  } finally {
    client.close();
  }
}

function callsOf(client: Client, grpc: GrpcInterface) {
  const codec = (method: string) => {
    const path = `/${TRITON_SERVICE}/${method}`;
    return [
      path,
      (message: object) => Buffer.from(grpc.encode(path, message)),
      (bytes: Buffer) => grpc.decode(path, bytes),
    ] as const;
  };
  const unary = (method: string, message: object, deadline = Date.now() + 30_000) =>
    new Promise<unknown>((resolve) => {
      client.makeUnaryRequest(...codec(method), message, new Metadata(), { deadline }, (error, answer) =>
        resolve(error ? refusal(error) : answer),
      );
    });
  const streamed = (messages: readonly object[]) =>
    new Promise<unknown>((resolve) => {
      const answers: unknown[] = [];
      const call = client.makeBidiStreamRequest(...codec('ModelStreamInfer'), {
        deadline: Date.now() + 30_000,
      });
      call.on('data', (answer) => answers.push(answer));
      call.on('error', (error: ServiceError) => resolve([...answers, refusal(error)]));
      call.on('end', () => resolve(answers));
      for (const message of messages) call.write(message);
      call.end();
    });
  return { unary, streamed };
}

/** Deadlines are worded by the client, with its times. */
const refusal = ({ code, details }: ServiceError) => [code, code === 4 ? 'deadline' : details];
