"""Every estimator keeps scikit-learn's own contract."""

import importlib
import inspect
import pkgutil

from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

import models


def estimators() -> list[BaseEstimator]:
    """One of each public estimator defined in the package, with its defaults."""
    found = []
    for module in pkgutil.iter_modules(models.__path__, "models."):
        for name, thing in inspect.getmembers(importlib.import_module(module.name)):
            is_own = inspect.isclass(thing) and thing.__module__ == module.name
            if is_own and issubclass(thing, BaseEstimator) and not name.startswith("_"):
                found.append(thing())
    return found


@parametrize_with_checks(estimators())
def test_scikit_learn_accepts_it(estimator, check):
    """The check is scikit-learn's."""
    check(estimator)
