# %% The workspace
import guard  # noqa: F401, isort: skip
import json
import urllib.request

from azure.ai.ml import MLClient
from azure.ai.ml.entities import (
    CodeConfiguration,
    Environment,
    ManagedOnlineDeployment,
    ManagedOnlineEndpoint,
    Model,
    OnlineRequestSettings,
    ProbeSettings,
)
from azure.identity import DefaultAzureCredential

ml_client = MLClient(DefaultAzureCredential(), "a-subscription", "a-group", "a-workspace")
NAME = "digits-script"

# %% A registered model and a registered environment
model = ml_client.models.create_or_update(Model(name="digits", path="models/triton", type="triton_model"))
print("model", model.name, model.version)
environment = ml_client.environments.create_or_update(
    Environment(
        name="digits-env",
        image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04:latest",
        conda_file="conda.yml",
    )
)
print("environment", environment.name, environment.version)

# %% The script in front of Triton
ml_client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=NAME, auth_mode="key")).result()
deployment = ManagedOnlineDeployment(
    name="blue",
    endpoint_name=NAME,
    model=model,
    environment=environment,
    code_configuration=CodeConfiguration(code=".", scoring_script="score.py"),
    environment_variables={"LEVEL": "1"},
    instance_type="Standard_DS3_v2",
    instance_count=1,
    request_settings=OnlineRequestSettings(request_timeout_ms=30000, max_concurrent_requests_per_instance=2),
    liveness_probe=ProbeSettings(initial_delay=30, period=10),
)
poller = ml_client.begin_create_or_update(deployment)
poller.result()
deployment = ml_client.online_deployments.get("blue", NAME)
print("\ndeployment", deployment.provisioning_state == "Succeeded", deployment.environment_variables["LEVEL"])
print("settings", deployment.request_settings.request_timeout_ms, deployment.liveness_probe.initial_delay)
print("names", deployment.model.split("/")[-3:], deployment.environment.split("/")[-3:])

# %% invoke, by the SDK and by hand
endpoint = ml_client.online_endpoints.get(NAME)
endpoint.traffic = {"blue": 100}
ml_client.begin_create_or_update(endpoint).result()
answer = ml_client.online_endpoints.invoke(endpoint_name=NAME, request_file="request.json")
print("invoke", json.loads(answer)["digit"])
answer = ml_client.online_endpoints.invoke(NAME, deployment_name="blue", request_file="request.json")
print("invoke blue", json.loads(answer)["digit"])
endpoint = ml_client.online_endpoints.get(NAME)
print("uri", endpoint.scoring_uri.rsplit("/", 1)[1], endpoint.openapi_uri.rsplit("/", 1)[1])
key = ml_client.online_endpoints.get_keys(NAME).secondary_key
request = urllib.request.Request(
    endpoint.scoring_uri,
    data=open("request.json", "rb").read(),
    headers={"Authorization": "Bearer " + key, "Content-Type": "application/json"},
)
with urllib.request.urlopen(request) as response:
    print("by hand", json.load(response)["digit"], response.headers["azureml-model-deployment"])

# %% Logs of the server and of the container before it
print("logs", "Found user script" in ml_client.online_deployments.get_logs("blue", NAME, 200))
print("storage", type(ml_client.online_deployments.get_logs("blue", NAME, 10, container_type="storage-initializer")))

# %% The end
ml_client.online_endpoints.begin_delete(NAME).result()
print("left", [one.name for one in ml_client.online_endpoints.list()])
