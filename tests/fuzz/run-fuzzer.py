#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""run-fuzzer.py FUZZER DICTIONARY CORPUS

Runs a libFuzzer target from the seeds in CORPUS on: LINX_FUZZ_RUNS inputs, or LINX_FUZZ_SECONDS if that
is shorter, by the random seed LINX_FUZZ_SEED. The source tree stays as it is: what is found is not
kept, and what makes the target crash is left in the working directory."""
import os
import pathlib
import sys

# 77, which libFuzzer ends with otherwise, is a test that was skipped.
CRASH = ('-error_exitcode=1', '-timeout_exitcode=1')
fuzzer, dictionary, corpus = sys.argv[1:]
runs, seconds = os.environ.get('LINX_FUZZ_RUNS', '200000'), os.environ.get('LINX_FUZZ_SECONDS', '20')
seed = os.environ.get('LINX_FUZZ_SEED', '1')
seeds = ','.join(str(path) for path in sorted(pathlib.Path(corpus).iterdir()))
os.environ['G_DEBUG'] = 'fatal-criticals'
os.execv(fuzzer, [fuzzer, f'-runs={runs}', f'-max_total_time={seconds}',
                  f'-seed={seed}', '-timeout=10', '-max_len=4096', *CRASH,
                  '-print_final_stats=1', f'-artifact_prefix={pathlib.Path(fuzzer).name}-',
                  f'-dict={dictionary}', f'-seed_inputs={seeds}'])
