"""Deploys the sample with the Azure ML SDK v1, asks it once, and deletes it: npx triton-local exec -- python azure/deploy.py"""

from azureml.core import Environment, Workspace
from azureml.core.model import InferenceConfig, Model
from azureml.core.webservice import LocalWebservice

ws = Workspace.from_config()
model = Model.register(ws, model_path="models", model_name="digits", model_framework=Model.Framework.MULTI)
environment = Environment.get(ws, "AzureML-Triton").clone("My-Triton")
inference_config = InferenceConfig(entry_script="score.py", source_directory=".", environment=environment)
service = Model.deploy(
    ws, "digits-local", [model], inference_config, LocalWebservice.deploy_configuration(), overwrite=True
)
service.wait_for_deployment(show_output=True)
with open("request.json") as request:
    print("digit", service.run(request.read())["digit"])
service.delete()
