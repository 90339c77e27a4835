"""The configuration that `auto_complete_config` may complete, and how configurations are read."""

#: The keys of a tensor's description besides its name.
_INPUT_MEMBERS = ("name", "data_type", "dims", "optional")
_OUTPUT_MEMBERS = ("name", "data_type", "dims")


class ModelConfig:
    """A model's configuration as nested dicts. Values that are set may be repeated but not changed."""

    def __init__(self, config):
        self._config = config

    def as_dict(self):
        return self._config

    def set_max_batch_size(self, max_batch_size):
        known = self._config.get("max_batch_size", 0)
        if known > max_batch_size:
            raise ValueError(
                "configuration specified max_batch_size %d, but in auto-complete-config function for model '%s' "
                "specified max_batch_size %d" % (known, self._name(), max_batch_size)
            )
        self._config["max_batch_size"] = max_batch_size

    def set_dynamic_batching(self):
        if self._config.get("max_batch_size", 0) > 0:
            other = next((one for one in ("sequence_batching", "ensemble_scheduling") if one in self._config), None)
            if other is not None:
                raise ValueError(
                    "Configuration specified scheduling_choice as '%s', but auto-complete-config function for model "
                    "'%s' tries to set scheduling_choice as 'dynamic_batching'" % (other, self._name())
                )
            self._config.setdefault("dynamic_batching", {})

    def set_model_transaction_policy(self, transaction_policy_dict):
        for member in transaction_policy_dict:
            if member != "decoupled":
                raise ValueError(
                    "model transaction property in auto-complete-config function for model '%s' contains property "
                    "other than 'decoupled'." % self._name()
                )
        known = self._config.setdefault("model_transaction_policy", {})
        wanted = transaction_policy_dict.get("decoupled", False)
        if known.get("decoupled", wanted) != wanted:
            raise ValueError(
                "trying to change decoupled property in auto-complete-config for model '%s', which is already set "
                "to '%s'." % (self._name(), known["decoupled"])
            )
        known["decoupled"] = wanted

    def add_input(self, input):
        self._add("input", input, _INPUT_MEMBERS)

    def add_output(self, output):
        self._add("output", output, _OUTPUT_MEMBERS)

    def _add(self, kind, tensor, members):
        for member in tensor:
            if member not in members:
                listed = ", ".join("'%s'" % one for one in members[:-1]) + " and '%s'" % members[-1]
                raise ValueError(
                    "%s '%s' in auto-complete-config function for model '%s' contains property other than %s."
                    % (kind, tensor.get("name", ""), self._name(), listed)
                )
        if "name" not in tensor:
            raise ValueError(
                "%s in auto-complete-config function for model '%s' is missing 'name' property." % (kind, self._name())
            )
        for member in ("data_type", "dims"):
            if member not in tensor:
                raise ValueError(
                    "%s '%s' in auto-complete-config function for model '%s' is missing '%s' property."
                    % (kind, tensor["name"], self._name(), member)
                )
        tensors = self._config.setdefault(kind, [])
        known = next((one for one in tensors if one.get("name") == tensor["name"]), None)
        if known is None:
            tensors.append({member: value for member, value in tensor.items()})
            return
        for member in ("data_type", "dims"):
            before = known.get(member)
            is_set = before not in (None, [], "TYPE_INVALID")
            if is_set and before != tensor[member]:
                raise ValueError(
                    "unable to load model '%s', configuration expects %s for %s '%s' is '%s' but auto-complete-config "
                    "function specified '%s'."
                    % (self._name(), _SPOKEN[member], kind, tensor["name"], before, tensor[member])
                )
            known[member] = tensor[member]
        if tensor.get("optional"):
            known["optional"] = True

    def _name(self):
        return self._config.get("name", "")


_SPOKEN = {"data_type": "datatype", "dims": "dims"}


def get_input_config_by_name(model_config, name):
    return _by_name(model_config.get("input", ()), name)


def get_output_config_by_name(model_config, name):
    return _by_name(model_config.get("output", ()), name)


def using_decoupled_model_transaction_policy(model_config):
    return model_config.get("model_transaction_policy", {}).get("decoupled", False)


def _by_name(tensors, name):
    return next((one for one in tensors if one["name"] == name), None)
