"""numpy in cupy's place, as strict as cupy: an array of the device and one of the host never meet."""

from typing import Any

import numpy as np

float64 = np.float64


class DeviceArray(np.ndarray):
    """Refuses what cupy refuses: arrays of the host as operands, indices and values."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = (), **kwargs: Any) -> Any:
        for array in (*inputs, *out):
            _refuse_host(array)
        stripped = [_strip(array) for array in inputs]
        if out:
            kwargs["out"] = tuple(_strip(array) for array in out)
        return _wrap(getattr(ufunc, method)(*stripped, **kwargs))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        raise TypeError(f"numpy.{function.__name__} of an array of the device")

    def __getitem__(self, index: Any) -> Any:
        _refuse_indices(index)
        return super().__getitem__(index)

    def __setitem__(self, index: Any, value: Any) -> None:
        _refuse_indices(index)
        _refuse_host(value)
        super().__setitem__(index, value)


def _refuse_host(array: object) -> None:
    if isinstance(array, np.ndarray) and not isinstance(array, DeviceArray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")


def _refuse_indices(index: object) -> None:
    for part in index if isinstance(index, tuple) else (index,):
        _refuse_host(part)


def _strip(array: Any) -> Any:
    return array.view(np.ndarray) if isinstance(array, DeviceArray) else array


def _wrap(array: Any) -> Any:
    return array.view(DeviceArray) if isinstance(array, np.ndarray) else array


def asarray(values: Any) -> Any:
    return np.array(values).view(DeviceArray)


def asnumpy(array: DeviceArray) -> Any:
    assert isinstance(array, DeviceArray)
    return array.view(np.ndarray).copy()


def zeros(shape: Any) -> Any:
    return np.zeros(shape).view(DeviceArray)


def isnan(array: DeviceArray) -> Any:
    return np.isnan(array)


def square(array: DeviceArray, *, out: DeviceArray) -> Any:
    return np.square(array, out=out)


def sqrt(array: DeviceArray) -> Any:
    return np.sqrt(array)


def where(condition: DeviceArray, yes: Any, no: Any) -> Any:
    for array in (condition, yes, no):
        _refuse_host(array)
    return _wrap(np.where(_strip(condition), _strip(yes), _strip(no)))


def take(array: DeviceArray, places: DeviceArray, *, axis: int) -> Any:
    _refuse_host(places)
    return _wrap(np.take(_strip(array), _strip(places), axis=axis))


def clip(array: DeviceArray, low: float, high: float, *, out: DeviceArray) -> Any:
    return _wrap(np.clip(_strip(array), low, high, out=_strip(out)))
