import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { removeRepository, serve, unpackGolden } from './golden-repository.ts';

const python = process.env.TRITON_LOCAL_TEST_PYTHON;
if (!python)
  process.stderr.write(
    'SKIPPED: the real tritonclient does not drive us: set TRITON_LOCAL_TEST_PYTHON to a Python that has tritonclient[http]\n',
  );

const SCRIPT = `
import os, sys, numpy as np, tritonclient.http as http
c = http.InferenceServerClient(sys.argv[1], concurrency=8)
assert c.is_server_live() and c.is_server_ready() and c.is_model_ready('add_sub')
assert c.get_server_metadata()['name'] == 'triton'
assert c.get_model_metadata('add_sub')['platform'] == 'onnxruntime_onnx'
assert c.get_model_config('add_sub')['max_batch_size'] == 4
assert {m['name'] for m in c.get_model_repository_index()} == {'add_sub', 'id_fp16', 'str_fixed', 'cfg_outputs'}

def tensor(name, data, kind, binary=True):
    t = http.InferInput(name, list(data.shape), kind)
    t.set_data_from_numpy(data, binary_data=binary)
    return t

a = np.arange(16, dtype=np.int32).reshape(1, 16)
for binary_in in (True, False):
    for binary_out in (True, False):
        for gz in (None, 'gzip', 'deflate'):
            r = c.infer('add_sub', [tensor('INPUT0', a, 'INT32', binary_in), tensor('INPUT1', a, 'INT32', binary_in)],
                outputs=[http.InferRequestedOutput(n, binary_data=binary_out) for n in ('OUTPUT0', 'OUTPUT1')],
                request_id='r1', request_compression_algorithm=gz, response_compression_algorithm=gz)
            assert r.get_response()['id'] == 'r1'
            assert (r.as_numpy('OUTPUT0') == a + a).all() and (r.as_numpy('OUTPUT1') == 0).all()
waiting = [c.async_infer('add_sub', [tensor('INPUT0', a + i, 'INT32'), tensor('INPUT1', a, 'INT32')]) for i in range(64)]
for i, w in enumerate(waiting):
    assert (w.get_result().as_numpy('OUTPUT0') == a + a + i).all()
h = np.array([[0.5, -2, 65504]], dtype=np.float16)
assert (c.infer('id_fp16', [tensor('INPUT', h, 'FP16')]).as_numpy('OUTPUT') == h).all()
s = np.array(['x', 'ü'.encode()], dtype=np.object_)
assert [b.decode() for b in c.infer('str_fixed', [tensor('INPUT', s, 'BYTES')]).as_numpy('OUTPUT')] == ['x', 'ü']
f = np.array([[1, 4, 3, 2]], dtype=np.float32)
top = c.infer('cfg_outputs', [tensor('INPUT', f, 'FP32')], outputs=[http.InferRequestedOutput('OUTPUT', class_count=2)])
assert [b.decode() for b in top.as_numpy('OUTPUT').flatten()] == ['8.000000:1:one', '6.000000:2:two']
try:
    c.infer('add_sub', [tensor('INPUT0', a, 'INT32')])
    raise SystemExit('no error')
except http.InferenceServerException as e:
    assert 'expected 2 inputs but got 1 inputs' in e.message(), e
assert c.get_inference_statistics('add_sub')['model_stats'][0]['inference_count'] == 76
c.unload_model('add_sub')
assert not c.is_model_ready('add_sub')
c.load_model('add_sub')
assert c.is_model_ready('add_sub')
assert c.get_log_settings()['log_info'] is True
assert c.get_system_shared_memory_status() == []
if sys.platform == 'linux':
    import tritonclient.utils.shared_memory as shm
    key = '/triton-local-client-%d' % os.getpid()
    region = shm.create_shared_memory_region('both', key, a.nbytes * 4)
    try:
        shm.set_shared_memory_region(region, [a, a * 3])
        c.register_system_shared_memory('both', key, a.nbytes * 4)
        ins = [http.InferInput(n, [1, 16], 'INT32') for n in ('INPUT0', 'INPUT1')]
        outs = [http.InferRequestedOutput(n) for n in ('OUTPUT0', 'OUTPUT1')]
        for i, t in enumerate(ins + outs):
            t.set_shared_memory('both', a.nbytes, offset=i * a.nbytes)
        r = c.infer('add_sub', ins, outputs=outs)
        assert r.get_output('OUTPUT0') == {'name': 'OUTPUT0', 'datatype': 'INT32', 'shape': [1, 16]}
        got = shm.get_contents_as_numpy(region, np.int32, [4, 16])
        assert (got[2] == a * 4).all() and (got[3] == a * -2).all()
        assert [s['name'] for s in c.get_system_shared_memory_status()] == ['both']
        c.unregister_system_shared_memory()
        assert c.get_system_shared_memory_status() == []
    finally:
        shm.destroy_shared_memory_region(region)
print('fine')
`;

describe.skipIf(!python)('the real tritonclient.http', () => {
  it('gets through its whole repertoire', async () => {
    const repository = unpackGolden('good', ['add_sub', 'id_fp16', 'str_fixed', 'cfg_outputs']);
    const server = await serve(repository, 'explicit');
    try {
      const { stdout } = await promisify(execFile)(python ?? '', [
        '-c',
        SCRIPT,
        new URL(server.httpUrl).host,
      ]);
      expect(stdout.trim()).toBe('fine');
    } finally {
      await server[Symbol.asyncDispose]();
      removeRepository(repository);
    }
  });
});
