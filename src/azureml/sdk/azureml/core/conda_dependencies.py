"""The packages of an environment."""

import os

from azureml._missing import not_emulated

PYTHON_PREFIX = "python"
_OPTION = ("-", "--")


class CondaDependencies:
    """Conda and pip packages with their channels; azureml-core's methods on the content of a conda file."""

    DEFAULT_NUMBER_OF_CONDA_PACKAGES = 1
    DEFAULT_NUMBER_OF_PIP_PACKAGES = 1

    def __init__(self, conda_dependencies_file_path=None, _underlying_structure=None):
        if conda_dependencies_file_path:
            with open(conda_dependencies_file_path, encoding="utf-8") as file:
                structure = _read(file.read())
        else:
            structure = _underlying_structure or {
                "name": "project_environment",
                "dependencies": ["python=3.8.13", {"pip": ["azureml-defaults"]}],
                "channels": ["anaconda", "conda-forge"],
            }
        self._name = structure.get("name", "project_environment")
        self._channels = list(structure.get("channels") or [])
        self._conda = [one for one in structure.get("dependencies") or [] if isinstance(one, str)]
        self._pip = [line for one in structure.get("dependencies") or [] if isinstance(one, dict) for line in one["pip"]]

    @staticmethod
    def create(pip_indexurl=None, pip_packages=None, conda_packages=None, python_version="3.10.18",
               pin_sdk_version=True):
        made = CondaDependencies(_underlying_structure={"channels": ["anaconda", "conda-forge"], "dependencies": []})
        made.set_python_version(python_version)
        if pip_indexurl:
            made.set_pip_index_url(pip_indexurl)
        for package in ["azureml-defaults"] if pip_packages is None else pip_packages:
            made.add_pip_package(package)
        for package in conda_packages or []:
            made.add_conda_package(package)
        return made

    @staticmethod
    def merge_requirements(requirements):
        """One requirement per package: the last one given."""
        merged = {}
        for requirement in requirements:
            merged[_name_of(requirement)] = requirement
        return list(merged.values())

    @staticmethod
    def sdk_origin_url():
        return "https://pypi.python.org/simple"

    @property
    def conda_channels(self):
        return iter(self._channels)

    @property
    def conda_packages(self):
        return iter(self._conda)

    @property
    def pip_packages(self):
        return iter([line for line in self._pip if not line.startswith(_OPTION)])

    @property
    def pip_options(self):
        return iter([line for line in self._pip if line.startswith(_OPTION)])

    def add_channel(self, channel):
        if channel not in self._channels:
            self._channels.append(channel)

    def remove_channel(self, channel):
        if channel in self._channels:
            self._channels.remove(channel)

    def add_conda_package(self, conda_package):
        self.remove_conda_package(conda_package)
        self._conda.append(conda_package)

    def remove_conda_package(self, conda_package):
        self._conda = [one for one in self._conda if _name_of(one) != _name_of(conda_package)]

    def add_pip_package(self, pip_package):
        self.remove_pip_package(pip_package)
        self._pip.append(pip_package)

    def remove_pip_package(self, pip_package):
        self._pip = [one for one in self._pip if _name_of(one) != _name_of(pip_package)]

    def set_pip_option(self, pip_option):
        self.remove_pip_option(pip_option)
        self._pip.insert(0, pip_option)

    def remove_pip_option(self, pip_option):
        kind = pip_option.split(" ")[0]
        self._pip = [one for one in self._pip if one.split(" ")[0] != kind]

    def set_pip_index_url(self, index_url):
        self.set_pip_option("--index-url %s" % index_url)

    def set_pip_requirements(self, pip_requirements):
        options = list(self.pip_options)
        self._pip = options + list(pip_requirements)

    def set_python_version(self, version):
        self._conda = ["python=%s" % version] + [one for one in self._conda if _name_of(one) != PYTHON_PREFIX]

    def get_python_version(self):
        for one in self._conda:
            if _name_of(one) == PYTHON_PREFIX:
                return one.partition("=")[2] or None
        return None

    def get_default_number_of_packages(self):
        return self.DEFAULT_NUMBER_OF_CONDA_PACKAGES + self.DEFAULT_NUMBER_OF_PIP_PACKAGES

    def add_cntk_package(self, core_type="cpu"):
        raise not_emulated("CondaDependencies.add_cntk_package", "name the package with add_pip_package")

    def add_tensorflow_conda_package(self, core_type="cpu", version=None):
        self.add_conda_package(_tensorflow(core_type, version, "="))

    def add_tensorflow_pip_package(self, core_type="cpu", version=None):
        self.add_pip_package(_tensorflow(core_type, version, "=="))

    def as_dict(self):
        dependencies = list(self._conda) + ([{"pip": list(self._pip)}] if self._pip else [])
        return {"name": self._name, "dependencies": dependencies, "channels": list(self._channels)}

    def serialize_to_string(self):
        lines = ["name: %s" % self._name, "dependencies:"]
        lines += ["- %s" % one for one in self._conda]
        lines += ["- pip:"] + ["  - %s" % one for one in self._pip] if self._pip else []
        lines += ["channels:"] + ["- %s" % one for one in self._channels] if self._channels else []
        return "\n".join(lines) + "\n"

    def save(self, path=None):
        with open(path or "conda_dependencies.yml", "w", encoding="utf-8") as file:
            file.write(self.serialize_to_string())
        return path

    def save_to_file(self, base_directory, conda_file_path=None):
        self.save(os.path.join(base_directory, conda_file_path or "conda_dependencies.yml"))
        return conda_file_path


def _tensorflow(core_type, version, equals):
    name = "tensorflow-gpu" if core_type == "gpu" else "tensorflow"
    return name if version is None else name + equals + version


def _name_of(package):
    """The name before a version, an extra or a marker."""
    name = package.strip()
    for mark in "<>=!~[; ":
        name = name.split(mark)[0]
    return name.lower()


def _read(text):
    """The members of a conda file: texts and lists, and the list of pip packages within. No YAML library is needed."""
    found = {}
    key, pip = None, None
    for raw in text.splitlines():
        line = raw.split(" #")[0].rstrip()
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        if not bare.startswith("-") and not line.startswith(" "):
            key, _, value = bare.partition(":")
            found[key] = value.strip().strip("\"'") or []
            pip = None
        elif bare.startswith("- ") or bare == "-":
            item = bare[1:].strip().strip("\"'")
            if item in ("pip:",):
                pip = []
                found[key].append({"pip": pip})
                depth = len(line) - len(line.lstrip())
            elif pip is not None and len(line) - len(line.lstrip()) > depth:
                pip.append(item)
            else:
                found[key].append(item)
    return found
