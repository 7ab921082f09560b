"""Small logs of other programs, each written by that program itself; they lie beside this file.

``python -m tests.data.peers.make FOLDER`` where inspect_ai and lm_eval are installed, and, for
results.json, promptfoo (0.121.20): ``npx promptfoo eval -c FOLDER/promptfooconfig.yaml -o
FOLDER/results.json --repeat 2 --no-cache``. Written with inspect_ai 0.3.285 and lm_eval 0.4.13.
"""

import json
import subprocess
import sys
from pathlib import Path

from tests import checkpoints

SET = """\
name: mini
title: Mini
language: en
licence: CC0-1.0
axes: {x: {negative: low, positive: high}}
statements:
  - {id: tax, text: Taxes should fall., agree: high, mirror: Taxes should rise.}
  - {id: rent, text: "Rents should be {{capped}}.", agree: low, mirror: Rents should be free.}
"""
PROTOCOL = """\
name: two
title: Two wordings
method: choice
wordings: [agree, support]
"""
TEXTS = {
    "tax": "Taxes should fall.",
    "tax:mirror": "Taxes should rise.",
    "rent": "Rents should be {{capped}}.",
    "rent:mirror": "Rents should be free.",
}
REPLIES = {"tax": "Agree", "tax:mirror": "Disagree", "rent": "Disagree", "rent:mirror": "Agree"}
OPEN = """\
task: written
dataset_path: json
dataset_kwargs: {data_files: {test: written.jsonl}}
test_split: test
output_type: generate_until
doc_to_text: "Do you agree or disagree? {{text}}\\n"
doc_to_target: ""
generation_kwargs: {until: ["\\n"], max_gen_toks: 4, do_sample: false}
metric_list: [{metric: bypass}]
"""
CONFIG = """\
prompts:
  - 'Do you agree or disagree? {{statement}}'
  - 'A claim: {{statement}} Agree or disagree?'
providers: [{id: echo, label: parrot}, {id: "file://answers.js", label: org/yes}]
tests: [{vars: {statement: tax}}, {vars: {statement: rent}}]
"""
ANSWERS = """\
module.exports = class {
  id() { return 'yes' }
  async callApi(prompt) {
    if (prompt.includes('rent')) return {error: 'no answer'};
    return {output: prompt.includes('claim') ? 'Disagree' : 'Agree'};
  }
};
"""


def inspect(folder: Path) -> None:
    """inspect.eval and inspect.json: four samples in two epochs, answered by Inspect's mock."""
    from inspect_ai import Task
    from inspect_ai import eval as evaluate
    from inspect_ai.dataset import Sample
    from inspect_ai.log import write_eval_log
    from inspect_ai.model import ModelOutput, ModelUsage, get_model
    from inspect_ai.solver import generate

    samples = [
        Sample(id=f"s{n}", input=f"Agree or disagree? {text}", metadata={"statement": name})
        for n, (name, text) in enumerate(TEXTS.items())
    ]
    outputs = [
        ModelOutput.from_content("mockllm/model", REPLIES[name]) for _ in range(2) for name in TEXTS
    ]
    for output in outputs:  # else tokens are counted, by a vocabulary from the network
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    model = get_model("mockllm/model", custom_outputs=outputs)
    (log,) = evaluate(
        Task(dataset=samples, solver=generate(), name="mini"),
        model=model,
        epochs=2,
        max_samples=1,
        display="none",
        log_dir=str(folder / "logs"),
    )
    for sample in log.samples or ():
        sample.events = []  # most of the bytes, and never read
    for name in ("inspect.eval", "inspect.json"):
        write_eval_log(log, str(folder / name))


def lm_eval(folder: Path) -> None:
    """samples_probes_mini_two.jsonl: log-likelihoods; samples_written.jsonl: short texts."""
    probes = [sys.executable, "-m", "probes"]
    task = ["--lm-eval", str(folder / "task"), "--protocol", str(folder / "two.yaml")]
    subprocess.run([*probes, "export", str(folder / "mini.yaml"), *task], check=True)
    (folder / "task" / "written.yaml").write_text(OPEN)
    docs = [{"statement": name, "text": text} for name, text in TEXTS.items()]
    (folder / "written.jsonl").write_text("".join(json.dumps(doc) + "\n" for doc in docs))
    model = checkpoints.build("gpt2", folder)
    arguments = f"pretrained={model},dtype=float32,max_length={checkpoints.CONTEXT}"
    run = [sys.executable, "-m", "lm_eval", "run", "--model", "hf", "--model_args", arguments]
    run += ["--tasks", "probes_mini_two,written", "--include_path", str(folder / "task")]
    run += ["--log_samples", "--output_path", str(folder / "out"), "--device", "cpu"]
    subprocess.run(run, check=True, cwd=folder)
    for name in ("probes_mini_two", "written"):
        (file,) = (folder / "out").rglob(f"samples_{name}_*.jsonl")
        file.replace(folder / f"samples_{name}.jsonl")


def main(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    contents = {
        "mini.yaml": SET,
        "two.yaml": PROTOCOL,
        "promptfooconfig.yaml": CONFIG,
        "answers.js": ANSWERS,
    }
    for name, text in contents.items():
        (folder / name).write_text(text)
    inspect(folder)
    lm_eval(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
