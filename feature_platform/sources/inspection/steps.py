"""The grid step that a source's rows suggest."""

from datetime import timedelta

from feature_platform.preprocessing.settings import PreprocessingSettings

GAP_STEPS = 3


def preprocessing_settings(step: timedelta | None) -> PreprocessingSettings:
    """Settings with the usual distance of rows as grid step; gaps of a few steps are bridged."""
    usual = PreprocessingSettings()
    if step is None or step % timedelta(seconds=1) or not step:
        return usual
    return PreprocessingSettings(step=step, max_gap=max(usual.max_gap, GAP_STEPS * step))


def step_remark(step: timedelta | None) -> list[str]:
    """What is to be said about the step."""
    if step is None:
        return ["no two rows tell the step: this is the default"]
    if step % timedelta(seconds=1) or not step:
        return [f"rows are {step.total_seconds():g} s apart: the default step is kept"]
    return ["the median distance of two rows"]
