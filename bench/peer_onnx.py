#!/usr/bin/env python3
"""ONNX Runtime's or OpenVINO's side of inference: peer_onnx.py onnxruntime|openvino MODEL.onnx BATCH SIZE THREADS
or, to make the model with PyTorch: peer_onnx.py export MODEL.onnx WIDTH BATCH SIZE ACTIVATION

Answers like peer_net.py."""
import json
import resource
import sys
import time


def export(path, width, batch, size, act):
    import warnings

    import peer_net
    import torch

    warnings.simplefilter("ignore")
    net = peer_net.UNet(width, peer_net.load_activation(act), 2).eval()
    torch.onnx.export(torch.nn.Sequential(net, torch.nn.Softmax(1)), (torch.randn(batch, 3, size, size),), path,
                      dynamo=False, opset_version=20)


def onnxruntime_pass(path, x, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return onnxruntime.__version__, lambda: session.run(None, {name: x})


def openvino_pass(path, x, threads):
    import openvino

    core = openvino.Core()
    model = core.compile_model(path, "CPU", {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
                                             "INFERENCE_PRECISION_HINT": "f32", "ENABLE_CPU_PINNING": False})
    request = model.create_infer_request()
    tensor = openvino.Tensor(x, shared_memory=True)
    return openvino.__version__, lambda: request.infer([tensor])


def time_ms(run):
    start = time.perf_counter()
    run()
    return 1e3 * (time.perf_counter() - start)


def main():
    import numpy

    peer, path, batch, size, threads = sys.argv[1:]
    x = numpy.random.default_rng(1).standard_normal((int(batch), 3, int(size), int(size)), numpy.float32)
    version, run = {"onnxruntime": onnxruntime_pass, "openvino": openvino_pass}[peer](path, x, int(threads))
    run()
    print(json.dumps({"first_s": time.monotonic()}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if "turns" in request:
            answer = [time_ms(run) for _ in range(request["turns"])]
        else:
            answer = {"peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "version": version}
        print(json.dumps(answer), flush=True)


if sys.argv[1] == "export":
    export(sys.argv[2], *map(int, sys.argv[3:6]), sys.argv[6])
else:
    main()
