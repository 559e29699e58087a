"""Breaks the second implementation on purpose, one rule of the contract at a time, in copies: each must be noticed.

    python3 check_alive.py          a table: what was broken, and what noticed it; exit code 1 where something was not
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = HERE / "second_implementation.py"

DEFECTS = [  # the rule that is broken, the text it stands in, what replaces it, row, epochs
    ("1: a multiply-add rounds the product too",
     "        np.multiply(u, v, out=p)\n", "        p = (u * v).astype(f32).astype(f64)\n", "vgg08", 1),
    ("2: the exponential's series is one term shorter", "for n in range(3, 15)", "for n in range(3, 14)", "vgg08", 1),
    ("3: a permutation begins at its front", "for i in range(n - 1, 0, -1):", "for i in range(1, n):", "vgg08", 1),
    ("4: no image is flipped",
     "(places[::-1] if flip else places)", "places", "vgg08", 1),
    ("5: a bias has a fan-in of 1", "draw(new.bias, (filters,), 9 * inputs)",
     "draw(new.bias, (filters,), 1)", "vgg08", 1),
    ("6: channels are added from the last to the first",
     "for u, v in zip(x, y):", "for u, v in zip(x[::-1], y[::-1]):", "vgg08", 1),
    ("6: slots of four images", "slice(i, min(i + 5, count)) for i in range(0, count, 5)",
     "slice(i, min(i + 4, count)) for i in range(0, count, 4)", "vgg08", 1),
    ("6: batch norm divides by the unbiased variance",
     "return mean, total / n, ", "return mean, total / (n - 1), ", "vgg08", 1),
    ("6: running averages take the biased variance", "zip(names, (mean, unbiased)", "zip(names, (mean, variance)", "vgg08", 1),
    ("6: Adam's t begins anew in each epoch", "= self.updates + 1, ", "= self.updates % 17 + 1, ", "vgg08", 2),
    ("6: the skip's gradient joins after batch norm", "            addend = dz if part.skip == \"joins\" else addend\n",
     "            joined = dz\n            addend = part.norm.backward(dz)[0] if part.skip == \"joins\" else addend\n",
     "vgg38-bn-rc-1e-2", 1),
    ("7: no minimal filtering", "size == 3 and side >= 3 and inputs >= 4 and outputs >= 4", "False", "vgg08", 1),
    ("7: a row of tiles is transformed before its columns", "transform(transform(block).swapaxes(0, 1)).swapaxes(0, 1)",
     "transform(transform(block.swapaxes(0, 1)).swapaxes(0, 1))", "vgg08", 1),
    ("10: the schedule ends with the profile's epochs", "e / self.settings[\"schedule_period\"]", "e / 3", "vgg08", 2),
]


def main():
    text, missed = PROGRAM.read_text(), 0
    with tempfile.TemporaryDirectory() as directory:
        tests = pathlib.Path(directory) / "Tests"
        for name in ("SecondImplementation", "KernelsTests"):
            shutil.copytree(HERE.parent / name, tests / name)
        copy, comparison = (tests / HERE.name / name for name in (PROGRAM.name, "against_goldens.py"))
        for rule, old, new, row, epochs in DEFECTS:
            if text.count(old) != 1:
                print(f"check_alive: the program has {text.count(old)} places \"{old.strip()}\", not one", file=sys.stderr)
                return 2
            copy.write_text(text.replace(old, new))
            run = subprocess.run(
                [sys.executable, "-B", str(comparison), "--rows", row, "--epochs", str(epochs),
                 "--golden", str(HERE.parents[1] / "golden" / "smoke")], capture_output=True, text=True)
            noticed = run.returncode == 1 and "different: " in run.stdout
            missed += not noticed
            what = run.stdout.split("different: ")[-1] if noticed else f"NOT NOTICED: {run.stdout}{run.stderr[-300:]}"
            print(f"section {rule}\n    {' '.join(what.split())[:200]}", flush=True)
    print(f"{len(DEFECTS) - missed} of {len(DEFECTS)} noticed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
