# %% The workspace
import guard  # noqa: F401, isort: skip
import collections
import http.client
import os
import threading
import time
import urllib.parse

from azure.ai.ml import MLClient
from azure.ai.ml.entities import (
    CodeConfiguration,
    ManagedOnlineDeployment,
    ManagedOnlineEndpoint,
    OnlineRequestSettings,
)
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential

ml_client = MLClient(DefaultAzureCredential(), "a-subscription", "a-group", "a-workspace")
NAME = "colours"
SCRIPT = """
EDITION = "{0}"

def init():
    pass

def run(data):
    print("request for", EDITION, flush=True)
    return EDITION
"""


def deploy(name, edition):
    """A deployment whose answers and logs name its edition."""
    os.makedirs("colour", exist_ok=True)
    with open("colour/score.py", "w") as script:
        script.write(SCRIPT.format(edition))
    deployment = ManagedOnlineDeployment(
        name=name,
        endpoint_name=NAME,
        code_configuration=CodeConfiguration(code="colour", scoring_script="score.py"),
        environment="azureml:AzureML-Triton@latest",
        instance_type="Standard_DS3_v2",
        instance_count=1,
        request_settings=OnlineRequestSettings(
            request_timeout_ms=60000, max_concurrent_requests_per_instance=20, max_queue_wait_ms=60000
        ),
    )
    return ml_client.online_deployments.begin_create_or_update(deployment).result()


def set_traffic(**shares):
    endpoint = ml_client.online_endpoints.get(NAME)
    endpoint.traffic = shares
    return ml_client.online_endpoints.begin_create_or_update(endpoint).result()


class Caller(threading.Thread):
    """Sends requests over one connection until it is stopped."""

    def __init__(self):
        super().__init__()
        self.answers = []
        self.stopped = False
        self.key = ml_client.online_endpoints.get_keys(NAME).primary_key
        self.uri = urllib.parse.urlsplit(ml_client.online_endpoints.get(NAME).scoring_uri)

    def run(self):
        connection = http.client.HTTPSConnection(self.uri.netloc, timeout=60)
        headers = {"Authorization": "Bearer " + self.key, "Content-Type": "application/json"}
        while not self.stopped:
            try:
                connection.request("POST", self.uri.path, b"{}", headers)
                response = connection.getresponse()
                self.answers.append((response.status, response.read().decode()))
            except OSError as error:
                self.answers.append((0, repr(error)))
                connection.close()
        connection.close()

    def wait(self, count):
        """For so many more answers."""
        target = len(self.answers) + count
        while len(self.answers) < target:
            time.sleep(0.01)

    def stop(self):
        self.stopped = True
        self.join()


def answers(count):
    """How often each answer came among so many."""
    caller = Caller()
    caller.start()
    caller.wait(count)
    caller.stop()
    return collections.Counter(caller.answers)


# %% Blue, with all of the traffic
ml_client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=NAME, auth_mode="key")).result()
deploy("blue", "blue")
set_traffic(blue=100)
print("\nblue", sorted(answers(20)))

# %% Green beside it, asked by name
deploy("green", "green")
print("\nstill blue", sorted(answers(20)))
print("green", ml_client.online_endpoints.invoke(NAME, deployment_name="green", request_file="request.json"))

# %% A copy of half of blue's requests to green
endpoint = ml_client.online_endpoints.get(NAME)
endpoint.mirror_traffic = {"green": 50}
endpoint = ml_client.online_endpoints.begin_create_or_update(endpoint).result()
print("mirror", endpoint.traffic, endpoint.mirror_traffic)


def requests_for_green():
    logs = ml_client.online_deployments.get_logs("green", NAME, 1000)
    return logs.count("request for green")


before = requests_for_green()
print("callers see", sorted(answers(80)))
deadline = time.monotonic() + 60
while requests_for_green() == before and time.monotonic() < deadline:
    time.sleep(0.2)
print("mirrored", requests_for_green() > before)
endpoint.mirror_traffic = {"green": 0}
endpoint = ml_client.online_endpoints.begin_create_or_update(endpoint).result()
print("mirror off", endpoint.mirror_traffic)

# %% A share of the traffic to green
endpoint = set_traffic(blue=60, green=40)
print("split", endpoint.traffic, sorted(answers(200)))

# %% Blue is updated in place while it is asked
set_traffic(blue=100)
callers = [Caller(), Caller()]
for caller in callers:
    caller.start()
for caller in callers:
    caller.wait(5)
deploy("blue", "second")
for caller in callers:
    caller.wait(5)
    caller.stop()
seen = [answer for caller in callers for answer in caller.answers]
print("\nupdate", sorted(set(seen)), [caller.answers[-1] for caller in callers])

# %% What the cloud refuses
for title, call in {
    "sum": lambda: set_traffic(blue=60, green=60),
    "name": lambda: set_traffic(red=100),
    "busy": lambda: ml_client.online_deployments.begin_delete("blue", NAME).result(),
}.items():
    try:
        call()
        print(title, "was accepted")
    except HttpResponseError as error:
        print(title, error.status_code, str(error).splitlines()[0])

# %% Green takes over, and blue goes
set_traffic(green=100)
ml_client.online_deployments.begin_delete("blue", NAME).result()
print("left", [one.name for one in ml_client.online_deployments.list(NAME)], sorted(answers(20)))
ml_client.online_endpoints.begin_delete(NAME).result()
print("end", [one.name for one in ml_client.online_endpoints.list()])
