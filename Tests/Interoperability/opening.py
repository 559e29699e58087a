"""Makes a run's first steps and the steps from anchors in PyTorch, from the kit that `gradflow opening` writes.

    python opening.py KIT ANSWER [--mistake NAME]      writes what `gradflow golden check --opening ANSWER` judges
    python opening.py --check PROGRAM PROFILE [ROW ...]    all rows, and all mistakes, judged; a line each

With --check, all rows must be within rounding and no row with a planted mistake may be, unless it changes no number; exit
code 1 otherwise. The loop in `answer` is all that another framework needs.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parent.parent / "NetworksTests" / "Oracle"))
import reference_model  # noqa: E402

# What goes wrong.
MISTAKES = {
    "bn-epsilon": "batch norm's epsilon is 1e-3", "bn-momentum": "the running averages follow by 0.2", "amsgrad": "AMSGrad",
    "weight-decay": "weight decay of 1e-4", "no-bias-correction": "moments are not corrected for their start",
    "eval-forgotten": "evaluation normalises by the batch", "labels": "labels are off by one",
    "channels": "red and blue change places",
    "adam-epsilon": "Adam's epsilon is 1e-6",
}

# Where a mistake changes no number: the plain network of depth 38 gives every image the same logits, to the last bit.
SAME = {("vgg38", "eval-forgotten")}


def read(path):
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()


class Steps:
    """A network and its Adam, set to a state and stepped."""

    def __init__(self, constants, mistake):
        self.mistake = mistake
        row = reference_model.ROWS[constants["row"]]
        self.network = reference_model.Network(row, filters=int(constants["filters"]), classes=int(constants["classes"]))
        for module in self.network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.eps = 1e-3 if mistake == "bn-epsilon" else float(constants["batch_norm_epsilon"])
                module.momentum = 0.2 if mistake == "bn-momentum" else float(constants["batch_norm_momentum"])
        self.adam = torch.optim.Adam(
            self.network.parameters(), betas=(float(constants["adam_beta1"]), float(constants["adam_beta2"])),
            eps=1e-6 if mistake == "adam-epsilon" else float(constants["adam_epsilon"]), amsgrad=mistake == "amsgrad",
            weight_decay=1e-4 if mistake == "weight-decay" else 0.0)

    def set(self, values, moments=None, updates=0):
        self.network.load_state_dict({name: value.clone() for name, value in values.items()}, strict=False)
        for name, parameter in self.network.named_parameters():
            first, second = (m[name].clone() if moments else torch.zeros_like(parameter) for m in moments or (None, None))
            self.adam.state[parameter] = {"step": torch.tensor(float(updates)), "exp_avg": first, "exp_avg_sq": second}
            if self.mistake == "amsgrad":
                self.adam.state[parameter]["max_exp_avg_sq"] = second.clone()

    def batch(self, images, labels):
        if self.mistake == "channels":
            images = images.flip(1)
        if self.mistake == "labels":
            labels = (labels + 1) % self.network.logit_linear_layer.out_features
        return images, labels

    def step(self, images, labels, rate):
        images, labels = self.batch(images, labels)
        self.network.train()
        self.adam.zero_grad()
        logits = self.network(images)
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        for group in self.adam.param_groups:
            group["lr"] = rate
        if self.mistake == "no-bias-correction":
            for parameter in self.network.parameters():  # Adam corrects by its count of steps
                self.adam.state[parameter]["step"].fill_(1e6)
        self.adam.step()
        return loss.detach(), logits.detach()

    def evaluate(self, images, labels):
        images, labels = self.batch(images, labels)
        saved = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.network.train(self.mistake == "eval-forgotten")
        with torch.no_grad():
            loss = F.cross_entropy(self.network(images), labels)
        self.network.load_state_dict(saved)
        return loss


def answer(kit, constants, mistake=None):
    steps, found = Steps(constants, mistake), {}
    names = [name.removeprefix("initial.") for name in kit if name.startswith("initial.")]
    parameters = [name for name, _ in steps.network.named_parameters()]
    steps.set({name: kit[f"initial.{name}"] for name in names})
    for point in sorted((name.removesuffix(".images") for name in kit if name.endswith(".images") and "validation" not in name),
                        key=lambda name: (name.startswith("anchor"), int(name.split("-")[1]))):
        if point.startswith("anchor"):
            moments = [{name: kit[f"{point}.{moment}.{name}"] for name in parameters} for moment in ("first", "second")]
            steps.set({name: kit[f"{point}.{name}"] for name in names}, moments, int(constants[f"{point}.updates"]))
        validation = kit["validation.images"], kit["validation.labels"]
        if point == "step-0":
            found["step-0.evaluation_before"] = steps.evaluate(*validation)
        loss, logits = steps.step(kit[f"{point}.images"], kit[f"{point}.labels"], float(constants[f"{point}.learning_rate"]))
        found[f"{point}.loss"], found[f"{point}.logits"] = loss, logits
        for name, parameter in steps.network.named_parameters():
            state = steps.adam.state[parameter]
            found[f"{point}.gradient.{name}"] = parameter.grad.clone()
            found[f"{point}.first.{name}"] = state["exp_avg"].clone()
            found[f"{point}.second.{name}"] = state["exp_avg_sq"].clone()
        for name in names:
            found[f"{point}.value.{name}"] = steps.network.state_dict()[name].clone()
        if point == "step-2":
            found["step-2.evaluation_after"] = steps.evaluate(*validation)
    return {name: value.detach().contiguous() for name, value in found.items()}


def write(kit_path, answer_path, mistake=None):
    kit, constants = read(kit_path)
    tensors = answer(kit, constants, mistake)
    save_file(tensors, answer_path, metadata={name: constants[name] for name in ("row", "profile", "seed")})


def judged(program, profile, path):
    result = subprocess.run(
        [program, "golden", "check", "--profile", profile, "--opening", path, "--format", "json"], capture_output=True, text=True)
    if result.returncode not in (0, 1):
        sys.exit(f"golden check: {result.stderr}")
    run = json.loads(result.stdout)["runs"][0]
    return run["verdict"], run["findings"]


def check(program, profile, rows):
    wrong = 0
    with tempfile.TemporaryDirectory() as directory:
        for row in rows or reference_model.TABLE_1:
            kit, made = f"{directory}/kit.safetensors", f"{directory}/answer.safetensors"
            subprocess.run([program, "opening", row, "--profile", profile, "--out", kit], check=True, capture_output=True)
            for mistake in [None, *MISTAKES]:
                write(kit, made, mistake)
                verdict, findings = judged(program, profile, made)
                same = mistake is None or (row, mistake) in SAME
                good = verdict == ("within-rounding" if same else "regression")
                wrong += not good
                print(f"{'ok ' if good else 'NOT'} {row}: {MISTAKES.get(mistake, 'PyTorch as it is')}: {verdict}"
                      + (f"; {len(findings)} findings, {findings[0]['text']}" if findings else ""), flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--mistake", choices=MISTAKES)
    parser.add_argument("words", nargs="+")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    if arguments.check:
        sys.exit(check(arguments.words[0], arguments.words[1], arguments.words[2:]))
    write(arguments.words[0], arguments.words[1], arguments.mistake)
