"""What a user does with tritonclient.grpc, printed so that two servers can be compared: HOST:PORT FOLDER."""

import asyncio
import json
import queue
import sys

import numpy as np
import tritonclient.grpc as grpcclient
import tritonclient.grpc.aio as aioclient
import tritonclient.utils.shared_memory as shm
from tritonclient.utils import InferenceServerException

URL, KEY = sys.argv[1:]
NUMBERS = np.array([4, 1, 3, 2], np.float32)


def show(what, value):
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    print(what, text, sep=": ")


def shown_error(error):
    return f"{error.status()} {error.message()}"


def attempt(what, action):
    try:
        show(what, action())
    except InferenceServerException as error:
        show(what, shown_error(error))


def tensor(name, values, datatype):
    made = grpcclient.InferInput(name, list(values.shape), datatype)
    made.set_data_from_numpy(values)
    return made


def numbers(values=NUMBERS):
    return [tensor("INPUT", values, "FP32")]


def steps(*does):
    return [tensor("STEPS", np.array([json.dumps(does).encode()], dtype=object), "BYTES")]


def brief(result):
    response = result.get_response()
    values = {output.name: result.as_numpy(output.name).tolist() for output in response.outputs}
    parameters = {key: str(value).strip() for key, value in response.parameters.items()}
    return [response.id, response.model_name, response.model_version, values, parameters]


def counts(statistics):
    return [(m.name, m.inference_count, m.execution_count, m.inference_stats.fail.count) for m in statistics.model_stats]


def unary(client):
    show("live", [client.is_server_live(), client.is_server_ready(), client.is_model_ready("numbers")])
    show("metadata", client.get_server_metadata(as_json=True))
    for model in ("numbers", "decoupled", "e_one"):
        show(model, client.get_model_metadata(model, as_json=True))
        show(model, client.get_model_config(model, as_json=True))
    show("index", sorted(f"{m.name} {m.version} {m.state} {m.reason}" for m in client.get_model_repository_index().models))
    for algorithm in (None, "gzip", "deflate"):
        result = client.infer(
            "numbers",
            numbers(),
            outputs=[grpcclient.InferRequestedOutput("OUTPUT")],
            request_id="r1",
            headers={"x-own": "1"},
            compression_algorithm=algorithm,
            parameters={"own": "text", "number": 5, "truth": True},
        )
        show(f"infer {algorithm}", brief(result))
    top = client.infer("numbers", numbers(), outputs=[grpcclient.InferRequestedOutput("OUTPUT", class_count=2)])
    show("classes", brief(top))
    big = np.arange(1_000_000, dtype=np.float32)
    show("large", bool((client.infer("numbers", numbers(big)).as_numpy("OUTPUT") == big).all()))
    attempt("unknown model", lambda: client.infer("nothing", numbers()))
    attempt("unknown version", lambda: client.infer("numbers", numbers(), model_version="9"))
    attempt("wrong shape", lambda: client.infer("numbers", numbers(NUMBERS.reshape(2, 2))))
    attempt("wrong rank", lambda: client.infer("numbers", numbers(np.float32(1).reshape(()))))
    attempt("wrong datatype", lambda: client.infer("numbers", [tensor("INPUT", np.array([1], np.int32), "INT32")]))
    attempt("unknown output", lambda: client.infer("numbers", numbers(), outputs=[grpcclient.InferRequestedOutput("X")]))
    attempt("decoupled", lambda: client.infer("decoupled", steps({"send": [1]})))
    attempt("exception", lambda: client.infer("plain", steps({"raise": "boom"})).get_response().id)
    attempt("deadline", lambda: client.infer("plain", steps({"sleep": 1500}), client_timeout=0.3))


def asynchronous(client):
    done = queue.Queue()
    for index in range(32):
        client.async_infer(
            "numbers",
            numbers(NUMBERS + index),
            lambda result, error: done.put(shown_error(error) if error else brief(result)),
            request_id=str(index),
        )
    show("asynchronous", sorted((done.get(timeout=60) for _ in range(32)), key=str))
    ended = queue.Queue()
    call = client.async_infer("plain", steps({"sleep": 500}), lambda result, error: ended.put(error))
    call.cancel()
    show("cancelled", shown_error(ended.get(timeout=60)))


def streamed(client, requests, expected):
    """The answers of a stream; `expected` of them are waited for."""
    answers = queue.Queue()
    client.start_stream(lambda result, error: answers.put(shown_error(error) if error else brief(result)))
    for model, inputs, more in requests:
        client.async_stream_infer(model, inputs, **more)
    got = [answers.get(timeout=60) for _ in range(expected)]
    client.stop_stream()
    while not answers.empty():
        got.append(answers.get())
    return got


def streams(client):
    show("stream", streamed(client, [("plain", steps({"send": [i]}), {"request_id": str(i)}) for i in range(5)], 5))
    three = steps({"send": [1]}, {"send": [2]}, {"send": [3]})
    show("decoupled", streamed(client, [("decoupled", three, {"request_id": "d"})], 3))
    final = {"request_id": "d", "enable_empty_final_response": True}
    show("final response", streamed(client, [("decoupled", three, final)], 4))
    wrong = [
        ("plain", steps({"send": [1]}), {"request_id": "right"}),
        ("nothing", steps(), {"request_id": "wrong"}),
        ("plain", steps({"raise": "boom"}), {"request_id": "raises"}),
        ("plain", steps({"send": [2]}), {"request_id": "right again"}),
    ]
    show("errors", streamed(client, wrong, 4))
    sequence = [
        (
            "sequence",
            [tensor("INPUT", np.array([[index]], np.int32), "INT32")],
            {"sequence_id": 9, "sequence_start": index == 0, "sequence_end": index == 2},
        )
        for index in range(3)
    ]
    show("sequence", streamed(client, sequence, 3))


def shared_memory(client):
    size = NUMBERS.nbytes
    region = shm.create_shared_memory_region("both", KEY, size * 2)
    try:
        shm.set_shared_memory_region(region, [NUMBERS])
        client.register_system_shared_memory("both", KEY, size * 2)
        given = grpcclient.InferInput("INPUT", [4], "FP32")
        given.set_shared_memory("both", size)
        wanted = grpcclient.InferRequestedOutput("OUTPUT")
        wanted.set_shared_memory("both", size, offset=size)
        result = client.infer("numbers", [given], outputs=[wanted])
        show("region", str(result.get_output("OUTPUT")))
        show("values", shm.get_contents_as_numpy(region, np.float32, [8]).tolist())
        show("regions", [r.name for r in client.get_system_shared_memory_status().regions.values()])
        attempt("registered twice", lambda: client.register_system_shared_memory("both", KEY, size))
        client.unregister_system_shared_memory("both")
        show("regions", len(client.get_system_shared_memory_status().regions))
    finally:
        shm.destroy_shared_memory_region(region)
    attempt("cuda", lambda: str(client.get_cuda_shared_memory_status()))


def control(client, model):
    config = client.get_model_config("numbers", as_json=True)["config"]
    config["name"] = "sent"
    client.load_model("sent", config=json.dumps(config), files={"file:1/model.py": model, "file:labels.txt": b"one\n"})
    show("sent", brief(client.infer("sent", numbers())))
    client.unload_model("sent")
    attempt("load of nothing", lambda: client.load_model("nothing"))
    client.unload_model("numbers")
    show("unloaded", client.is_model_ready("numbers"))
    client.load_model("numbers")
    show("loaded", client.is_model_ready("numbers"))
    show("log settings", client.update_log_settings({"log_verbose_level": 0}, as_json=True))
    show("trace settings", client.update_trace_settings("numbers", {"trace_rate": "7"}, as_json=True))
    show("trace settings", client.get_trace_settings("numbers", as_json=True))


async def with_asyncio(client):
    show("live", [await client.is_server_live(), await client.is_model_ready("numbers")])
    results = await asyncio.gather(*(client.infer("numbers", numbers(NUMBERS + i), request_id=str(i)) for i in range(16)))
    show("infer", [brief(result) for result in results])

    async def requests():
        for index in range(4):
            yield {"model_name": "plain", "inputs": steps({"send": [index]}), "request_id": str(index)}
        yield {"model_name": "nothing", "inputs": steps(), "request_id": "wrong"}
        yield {"model_name": "plain", "inputs": steps({"send": [9]}), "request_id": "last"}

    async for result, error in client.stream_infer(requests()):
        show("stream", shown_error(error) if error else brief(result))

    async def endless():
        yield {"model_name": "decoupled", "inputs": steps({"send": [1]}, {"sleep": 200}, {"send": [2]}), "request_id": "e"}
        await asyncio.sleep(60)

    stream = client.stream_infer(endless())
    async for result, error in stream:
        show("then cancelled", shown_error(error) if error else brief(result))
        show("cancel", stream.cancel())
        break


async def run_asyncio():
    async with aioclient.InferenceServerClient(URL) as client:
        await with_asyncio(client)


def main():
    model = sys.stdin.buffer.read()
    with grpcclient.InferenceServerClient(URL) as client:
        unary(client)
        asynchronous(client)
        streams(client)
        shared_memory(client)
        asyncio.run(run_asyncio())
        show("counts", counts(client.get_inference_statistics("sequence")))
        control(client, model)


main()
