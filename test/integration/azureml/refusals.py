"""Prints what azureml-core says of wrong input, one [type, message] a case, as JSON; of whichever azureml is on the path."""

import json
import os
import sys

from azureml.core import Environment
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.model import InferenceConfig, Model
from azureml.core.webservice import AciWebservice, AksWebservice, LocalWebservice
from azureml.exceptions import UserErrorException, WebserviceException

os.chdir(sys.argv[1])
environment = Environment("mine")
both = Environment("both")
both.docker.base_image, both.docker.base_dockerfile = "image", "FROM image"

CASES = [
    lambda: InferenceConfig(entry_script=""),
    lambda: InferenceConfig(entry_script="none.py"),
    lambda: InferenceConfig(entry_script="none.py", source_directory="."),
    lambda: InferenceConfig(entry_script="score.py", source_directory="nowhere"),
    lambda: InferenceConfig(entry_script="README.md"),
    lambda: InferenceConfig(entry_script="score.py", runtime="python", environment=environment),
    lambda: InferenceConfig(entry_script="score.py", environment=both),
    lambda: LocalWebservice.deploy_configuration(port=0),
    lambda: LocalWebservice.deploy_configuration(port="6789"),
    lambda: AksWebservice.deploy_configuration(num_replicas=0, scoring_timeout_ms=-1),
    lambda: AksWebservice.deploy_configuration(auth_enabled=True, token_auth_enabled=True),
    lambda: AksWebservice.deploy_configuration(autoscale_min_replicas=3),
    lambda: AksWebservice.deploy_configuration(autoscale_enabled=True, autoscale_min_replicas=3, autoscale_max_replicas=2),
    lambda: AciWebservice.deploy_configuration(cpu_cores=0),
    lambda: AciWebservice.deploy_configuration(memory_gb=-1),
    lambda: Model.list(None, page_count=3),
    lambda: Model.register(None, "models", "bad name!"),
    lambda: Model.register(None, "models", "good", model_framework_version="1"),
    lambda: Model.register(None, "nowhere", "good"),
]


def outcome(case):
    try:
        case()
    except (UserErrorException, WebserviceException) as error:
        return [type(error).__name__, str(error)]
    except Exception as error:
        return [type(error).__name__, ""]
    return ["no error", ""]


def conda():
    made = CondaDependencies()
    made.add_pip_package("nltk==3.5")
    made.add_pip_package("nltk")
    made.add_conda_package("scipy")
    made.add_channel("mine")
    made.remove_channel("anaconda")
    made.set_python_version("3.9")
    return [list(made.pip_packages), sorted(made.conda_packages), list(made.conda_channels), made.get_python_version()]


print(json.dumps({"refusals": [outcome(case) for case in CASES], "conda": conda()}))
