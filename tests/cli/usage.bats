#!/usr/bin/env bats
# What the program says about itself, and how it answers to misuse.

load setup

commands=('act list' 'act show' 'act eval' 'data check' 'data preview' train lr-find cv compare predict eval 'bench step' 'bench infer' 'bench act'
    help)

@test "--version prints one line" {
    run ogive --version
    [ "$status" -eq 0 ]
    [[ $output =~ ^ogive\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "no argument gives an overview of every command and exit code 2" {
    ogive 2>err || [ "$?" -eq 2 ]
    for command in "${commands[@]}"; do grep -q "^  $command " err; done
}

@test "every command explains itself in three ways" {
    ogive help --man-pages pages
    for command in "${commands[@]}"; do
        ogive $command --help >by_flag
        ogive help $command >by_command
        cmp by_flag by_command
        grep -q '^Usage: ogive '"$command" by_flag
        grep -q '^Exit codes' by_flag
        [ -s "pages/ogive-${command/ /-}.1" ]
    done
}

@test "the manual pages are correct roff" {
    command -v man >/dev/null || skip "man is not installed"
    ogive help --man-pages pages
    for page in pages/*.1; do
        man --warnings -E UTF-8 -l "$page" >text 2>warnings
        [ ! -s warnings ] || { cat "$page" warnings; false; }
        grep -q '^EXIT STATUS' text
    done
}

@test "the examples in the help name their own command" {
    for command in "${commands[@]}"; do
        ogive help $command | sed -n '/^Examples/,/^Exit codes/p' | grep -o 'ogive .*' >examples
        [ -s examples ]
        ! grep -vE "^ogive ($command|help)( |$)" examples
    done
}

@test "the completion knows commands and options" {
    ogive help --bash-completion >completion
    source ./completion
    COMP_WORDS=(ogive pre) COMP_CWORD=1
    _ogive
    [ "${COMPREPLY[*]}" = predict ]
    COMP_WORDS=(ogive act sh) COMP_CWORD=2
    _ogive
    [ "${COMPREPLY[*]}" = show ]
    COMP_WORDS=(ogive train data --epo) COMP_CWORD=3
    _ogive
    [ "${COMPREPLY[*]}" = --epochs ]
}

@test "an unknown command, option or name is refused with the nearest one" {
    rejects 2 "did you mean 'ogive train'?" ogive trian x
    rejects 2 "did you mean 'ogive act show'?" ogive act shwo x
    rejects 2 "unknown option '--epoch'; did you mean '--epochs'?" ogive train data -o run --epoch 3
    rejects 2 "did you mean '--help'?" ogive train --hlep
    rejects 2 "there is no command 'frobnicate'" ogive frobnicate
    rejects 2 "there is no command" ogive help frobnicate
    # compare takes train's options but these, which it decides itself
    rejects 2 "unknown option '--seed'; did you mean '--seeds'?" ogive compare data -o study --seed 3
}

@test "options take their values in every usual way" {
    ogive act eval relu --x -1,2 --json >a
    ogive act eval --x=-1,2 relu --json=true >b
    ogive act eval --json --no-json --json --x 5 --x -1,2 -- relu >c
    cmp a b
    cmp a c
    rejects 2 "option '--x' needs a value" ogive act eval relu --x
    rejects 2 "option '--x' needs a value" ogive act eval relu --x --json
    rejects 2 "neither true nor false" ogive act eval relu --x 1 --json=perhaps
    rejects 2 "not a switch" ogive act eval relu --no-x
    rejects 2 "after '--'" ogive act show '-x*2'
    ogive act show --json -- '-x*2' >/dev/null
}

@test "missing and surplus arguments are named" {
    rejects 2 "EXPR is missing" ogive act show
    rejects 2 "option '--output' is missing" ogive train data
    rejects 2 "DATA is missing" ogive compare -o study
    rejects 2 "IMAGE is missing" ogive predict run -o out
    rejects 2 "too many arguments: 'silu'" ogive act show relu silu
}

@test "values out of range are refused with the range" {
    rejects 2 "from 0 to 8" ogive train data -o run --depth 9
    rejects 2 "not a whole number" ogive train data -o run --width 8.5
    rejects 2 "did you mean 'adam'?" ogive train data -o run --optimizer adma
    rejects 2 "'fast' is not a number" ogive train data -o run --lr fast
}

@test "--config gives options, the command line wins, and mistakes have file and line" {
    tiny data 4 16
    printf 'epochs: 1\nwidth: 4\ndepth: 1\nlearning_rate: 0.01\n' >run.yaml
    ogive train data -o run --config run.yaml --epochs 2 --json >result.json
    holds '.epochs == 2' result.json
    printf 'width: 4\nepoch: 1\n' >unknown.yaml
    rejects 2 "unknown.yaml:2" ogive train data -o run2 --config unknown.yaml
    grep -q "did you mean 'epochs'?" err
    printf 'epochs: none\n' >value.yaml
    rejects 2 "value.yaml:1" ogive train data -o run2 --config value.yaml
    printf 'epochs: [1\n' >syntax.yaml
    rejects 2 "syntax.yaml" ogive train data -o run2 --config syntax.yaml
    rejects 3 "absent.yaml" ogive train data -o run2 --config absent.yaml
    [ ! -e run2 ]
}

@test "output that does not arrive is a failure" {
    [ -c /dev/full ] || skip "there is no /dev/full"
    for command in 'act list' 'act list --json' 'help' '--version' 'act show relu' 'act eval relu --x 1 --json'; do
        code=0
        ogive $command >/dev/full 2>err || code=$?
        [ "$code" -eq 3 ] || { echo "ogive $command: exit code $code"; false; }
        grep -q 'cannot write to standard output' err
    done
}
