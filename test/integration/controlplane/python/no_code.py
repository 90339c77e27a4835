# %% The workspace
import guard  # noqa: F401, isort: skip
import json
import ssl

import numpy
import tritonclient.http as triton
from azure.ai.ml import MLClient
from azure.ai.ml.entities import ManagedOnlineDeployment, ManagedOnlineEndpoint, Model
from azure.identity import DefaultAzureCredential

ml_client = MLClient(DefaultAzureCredential(), "a-subscription", "a-group", "a-workspace")
NAME = "digits-triton"

# %% An endpoint with nothing behind it
endpoint = ManagedOnlineEndpoint(name=NAME, description="digits", auth_mode="key", tags={"kind": "sample"})
endpoint = ml_client.online_endpoints.begin_create_or_update(endpoint).result()
print("endpoint", endpoint.name, endpoint.provisioning_state == "Succeeded", endpoint.auth_mode, endpoint.tags, endpoint.traffic)
print("empty", endpoint.scoring_uri.rsplit(":", 1)[0], endpoint.scoring_uri.rsplit("/", 1)[1])

# %% Triton alone behind it: a model, and no script
deployment = ManagedOnlineDeployment(
    name="blue",
    endpoint_name=NAME,
    model=Model(path="models/triton", type="triton_model"),
    instance_type="Standard_NC4as_T4_v3",
    instance_count=1,
)
deployment = ml_client.online_deployments.begin_create_or_update(deployment).result()
print("\ndeployment", deployment.name, deployment.provisioning_state == "Succeeded", type(deployment).__name__)

# %% All traffic to it
endpoint.traffic = {"blue": 100}
endpoint = ml_client.online_endpoints.begin_create_or_update(endpoint).result()
print("traffic", endpoint.traffic)
endpoint = ml_client.online_endpoints.get(name=NAME)
print("uri", endpoint.scoring_uri.rsplit(":", 1)[0], repr(endpoint.scoring_uri.rsplit("/", 1)[1]), endpoint.traffic)

# %% A request by Triton's client, over HTTPS, with a key
key = ml_client.online_endpoints.get_keys(NAME).primary_key
client = triton.InferenceServerClient(
    url=endpoint.scoring_uri[8:], ssl=True, ssl_context_factory=ssl.create_default_context
)
headers = {"Authorization": "Bearer " + key}
print("ready", client.is_server_ready(headers=headers), client.is_model_ready("digits", headers=headers))
print("without key", client.is_server_ready())
with open("request.json") as request:
    image = numpy.array(json.load(request)["image"], dtype=numpy.float32).reshape(1, 64)
tensor = triton.InferInput("image", image.shape, "FP32")
tensor.set_data_from_numpy(image)
answer = client.infer("digits", [tensor], headers=headers)
print("digit", answer.as_numpy("probabilities").argmax(), answer.get_response()["model_name"])

# %% Logs, new keys
print("logs", "digits" in ml_client.online_deployments.get_logs(name="blue", endpoint_name=NAME, lines=500))
ml_client.online_endpoints.begin_regenerate_keys(NAME, key_type="primary").result()
keys = ml_client.online_endpoints.get_keys(NAME)
print("keys", keys.primary_key != key, client.is_server_ready(headers=headers))
new_headers = {"Authorization": "Bearer " + keys.primary_key}
print("new key", client.is_server_ready(headers=new_headers))

# %% What is there
print("list", [(one.name, one.provisioning_state == "Succeeded") for one in ml_client.online_endpoints.list()])
print("deployments", [one.name for one in ml_client.online_deployments.list(NAME)])

# %% The end
ml_client.online_endpoints.begin_delete(name=NAME).result()
print("left", [one.name for one in ml_client.online_endpoints.list()])
