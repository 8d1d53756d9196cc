"""What Optuna sees in a study's store, and what is there after it went on: JSON for test_store, in the Python of one version."""

import json
import sys

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
name, url = sys.argv[1:]
study = optuna.load_study(study_name=name, storage=url)
seen = {
    "names": optuna.get_all_study_names(url),
    "direction": study.direction.name,
    "metrics": study.metric_names,
    "best": study.best_value,
    "configurations": [{"state": trial.state.name, "act": trial.params["act"], "value": trial.value}
                       for trial in optuna.load_study(study_name=name + "-configurations", storage=url).trials],
    "trials": [{"state": trial.state.name, "act": trial.params["act"], "seed": trial.params["seed"], "value": trial.value,
                "epochs": sorted(trial.intermediate_values.items()),
                "seconds": (trial.datetime_complete - trial.datetime_start).total_seconds()} for trial in study.trials],
}


def objective(trial):
    trial.suggest_categorical("act", ["relu", "silu"])
    return 0.5


study.optimize(objective, n_trials=2)
seen["numbers_after"] = [trial.number for trial in study.trials]
print(json.dumps(seen))
