"""The networks and functions that are measured (the goals name them)."""

# Width, batch, side of the images: milesial's U-Net with batch norm, 3 input channels, 2 classes.
NETWORKS = [(16, 4, 256), (32, 4, 256), (64, 1, 256)]
CHANNELS, CLASSES, DEPTH = 3, 2, 4

FORMULA = "x*sigmoid(x + x^3/8)"  # in no catalogue: what a user may type
ACTIVATIONS = ["relu", "silu", "gelu", "mish", FORMULA]

# What is measured with which network; PyTorch compiles for up to a minute for each. ReLU, which comes first, takes part in
# all of PyTorch's modes, the others in the faster one of its plain and of its compiled modes there.
CASES = {"step": [(NETWORKS[0], ACTIVATIONS), (NETWORKS[1], ["relu", "mish"]), (NETWORKS[2], ["relu", "silu", "mish"])],
         "volume": [((16, 1, 64), ["relu"]), ((32, 1, 64), ["relu"])],
         "infer": [(NETWORKS[0], ["relu", "mish"]), (NETWORKS[1], ["relu"]), (NETWORKS[2], ["relu"])]}

# What `ogive bench` is asked for: "volume" is a training step of the same network with 3 x 3 x 3 windows, on cubes.
COMMANDS = {"step": ["step"], "volume": ["step", "--dims", 3], "infer": ["infer"]}

MODES = {"eager": "PyTorch", "channels_last": "PyTorch, channels last", "compile": "PyTorch, compiled",
         "compile_channels_last": "PyTorch, compiled, channels last"}


def name_of(act):
    return "a user's formula" if act == FORMULA else act


def ogive_options(width, batch, size, act, threads):
    return ["--width", width, "--width-cap", 16 * width, "--depth", DEPTH, "--batch", batch, "--size", size, "--channels",
            CHANNELS, "--classes", CLASSES, "--act", act, "--threads", threads, "--json"]


# What a step does beside the pass: the same on both sides.
STEP = ["--optimizer", "adam", "--clip", 0, "--loss", "ce + dice(background=1)"]
