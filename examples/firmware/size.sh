#!/bin/sh
# What images take, in bytes: flash in all and of that the weights; RAM of
# static arrays; stack, the most that the compiler's graph of calls allows (with
# + where a routine of the compiler's for floats comes on top, or a word where
# calls by pointers leave it open). `make size` calls it:
#
#     size.sh IMAGE.elf...        graphs of calls are in IMAGE.calls
printf '%-28s %8s %8s %8s %8s\n' image flash weights RAM stack
for elf in "$@"; do
    weights=0
    for n in $(${CROSS}nm -S $elf | awk '
        $4 ~ /^[a-z0-9]*_(params|weights|factors|biases|shifts)$/ { print $2 }'); do
        weights=$((weights + 0x$n))
    done
    stack=$(awk -v root=reset_handler -f ../../tests/firmware_stack.awk \
        ${elf%.elf}.calls/*.ci)
    ${CROSS}size $elf | awk -v name=${elf#*firmware_examples/} -v stack=$stack \
        -v weights=$weights 'NR == 2 {
            printf "%-28s %8d %8d %8d %8s\n", name, $1 + $2, weights,
                $2 + $3, stack }'
done
