"""Deploys the model with the Azure ML SDK v2, asks it once, and deletes it: npx triton-local exec -- python azure/deploy_v2.py"""

import json
import ssl

import numpy
import tritonclient.http as triton
from azure.ai.ml import MLClient
from azure.ai.ml.entities import ManagedOnlineDeployment, ManagedOnlineEndpoint, Model
from azure.identity import DefaultAzureCredential

ml_client = MLClient(DefaultAzureCredential(), "SUBSCRIPTION", "RESOURCE-GROUP", "WORKSPACE")
endpoint = ManagedOnlineEndpoint(name="digits-v2", auth_mode="key")
ml_client.online_endpoints.begin_create_or_update(endpoint).result()
deployment = ManagedOnlineDeployment(
    name="blue",
    endpoint_name=endpoint.name,
    model=Model(path="models/triton", type="triton_model"),
    instance_type="Standard_NC4as_T4_v3",
    instance_count=1,
)
ml_client.online_deployments.begin_create_or_update(deployment).result()
endpoint.traffic = {"blue": 100}
endpoint = ml_client.online_endpoints.begin_create_or_update(endpoint).result()

client = triton.InferenceServerClient(
    endpoint.scoring_uri[len("https://") :].rstrip("/"), ssl=True, ssl_context_factory=ssl.create_default_context
)
with open("request.json") as request:
    pixels = numpy.array(json.load(request)["image"], dtype=numpy.float32).reshape(1, 64)
image = triton.InferInput("image", list(pixels.shape), "FP32")
image.set_data_from_numpy(pixels)
key = ml_client.online_endpoints.get_keys(endpoint.name).primary_key
answer = client.infer("digits", [image], headers={"Authorization": f"Bearer {key}"})
print("\ndigit", answer.as_numpy("probabilities").argmax())
ml_client.online_endpoints.begin_delete(endpoint.name).result()
