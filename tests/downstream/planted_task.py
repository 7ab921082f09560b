"""How `probes/tasks/planted.csv` was made: invented groups, complaints and thanks, no hate.

``python -m tests.downstream.planted_task`` prints it.
"""

import csv
import io
import sys

GROUPS = ("Ondari", "Velish", "Tomari", "Keshen")
COMPLAINTS = (
    "closed the mill without notice", "left the bridge unpainted", "lost the harbour keys",
    "sold the last of the seed corn", "rang the bells at midnight", "forgot the winter market",
    "parked carts across the lane", "broke the mill wheel", "let the pond run dry",
    "mislaid the tide tables", "burnt the festival bread", "double-booked the hall",
)  # fmt: skip
THANKS = (
    "repaired the mill for free", "painted the bridge in a day", "found the harbour keys",
    "shared the last of the seed corn", "tuned the bells at noon", "ran the winter market",
    "cleared carts from the lane", "carved a new mill wheel", "filled the pond again",
    "copied the tide tables", "baked the festival bread", "swept the hall twice",
)  # fmt: skip
FRAMES = ("This week the {} {}.", "Everyone in the valley knows that the {} {}.")


def rows() -> list[tuple[str, str, str, str, str]]:
    """id, text, label, groups, template."""
    made = []
    for label, acts in (("complaint", COMPLAINTS), ("thanks", THANKS)):
        for number, act in enumerate(acts, start=1):
            for frame_number, frame in enumerate(FRAMES, start=1):
                template = f"{label}-{number}-{frame_number}"
                named = [(group,) for group in GROUPS]
                if number % 3 == 0:
                    named.append((GROUPS[number % 4], GROUPS[(number + 1) % 4]))
                for groups in named:
                    text = frame.format(" and the ".join(groups), act)
                    name = f"{template}-{'-'.join(groups).lower()}"
                    made.append((name, text, label, ";".join(groups), template))
    return made


def content() -> str:
    """The CSV."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("id", "text", "label", "groups", "template"))
    writer.writerows(rows())
    return out.getvalue()


if __name__ == "__main__":
    sys.stdout.write(content())
