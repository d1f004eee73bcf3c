package dev.backplane.itests.hostile;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmState;
import dev.backplane.itests.hostile.Program.Mode;

/** A machine that counts for ever, and minds its own business. */
final class Neighbour implements AutoCloseable {
    private final Vm vm;

    private Neighbour(Vm vm) {
        this.vm = vm;
    }

    static Neighbour in(Machines machines, String name) throws Exception {
        // inc eax; jmp back
        return new Neighbour(machines.start(
                name, 1, new Program(Mode.PROTECTED).hex("ff c0 eb fc").file()));
    }

    /** How far it has come. */
    long instructions() {
        if (vm.state() != VmState.RUNNING) {
            throw new AssertionError("the neighbour is " + vm.state() + ": " + vm.bays());
        }
        return vm.statistics().getOrDefault("instructions", 0L);
    }

    @Override
    public void close() {
        vm.remove();
    }
}
