"""Trains the digit classifier and saves it as model/digits.joblib. Takes a few seconds."""

import os
from pathlib import Path

# The matrices are small: on two busy cores the threads of OpenBLAS waited for each other eight times as long as one works.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import joblib
import numpy as np
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

HERE = Path(__file__).resolve().parent
EPOCHS = 20
SEED = 3
HELD_OUT = 1000  # images that the model never sees in training


def shifted(images, rng, reach=2):
    """Each image moved by up to `reach` pixels, so that the model does not depend on exact positions."""
    padded = np.pad(images, ((0, 0), (reach, reach), (reach, reach)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, images.shape[1:], axis=(1, 2))
    down, right = rng.integers(0, 2 * reach + 1, size=(2, len(images)))
    return windows[np.arange(len(images)), down, right]


def flat(images):
    return images.reshape(len(images), -1)


def main():
    with np.load(HERE / "data" / "mnist-6k.npz") as mnist:
        images = mnist["images"].astype(np.float32) / 255
        labels = mnist["labels"]
    train_images, train_labels = images[:-HELD_OUT], labels[:-HELD_OUT]
    test_images, test_labels = images[-HELD_OUT:], labels[-HELD_OUT:]

    rng = np.random.default_rng(SEED)
    model = MLPClassifier(hidden_layer_sizes=(256,), batch_size=100, random_state=SEED)
    for epoch in range(1, EPOCHS + 1):
        model.partial_fit(flat(shifted(train_images, rng)), train_labels, classes=np.arange(10))
        if epoch % 5 == 0:
            accuracy = model.score(flat(test_images), test_labels)
            print(f"epoch {epoch} of {EPOCHS}: {accuracy:.1%} of {HELD_OUT} unseen digits right", flush=True)

    file = HERE / "model" / "digits.joblib"
    file.parent.mkdir(exist_ok=True)
    joblib.dump(model, file)
    print(f"saved {file}")


if __name__ == "__main__":
    # The matrices are small: more threads would mostly wait for each other, on a busy machine for a minute.
    with threadpool_limits(1):
        main()
