"""The four datasets of an era, in the order in which they are computed."""

from feature_platform.stages import preprocessed_frame, raw_readings, selected_features, tsfresh_features

DATASETS = (raw_readings.DATASET, preprocessed_frame.DATASET, tsfresh_features.DATASET, selected_features.DATASET)
