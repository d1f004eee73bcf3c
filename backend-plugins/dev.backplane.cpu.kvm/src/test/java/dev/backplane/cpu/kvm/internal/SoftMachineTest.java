package dev.backplane.cpu.kvm.internal;

import dev.backplane.cpu.soft.internal.SoftBackend;
import dev.backplane.cpu.soft.internal.SoftOptions;

/** The same machines on the reference. */
class SoftMachineTest extends MachineContract {
    @Override
    TestMachine machine(int vcpus) throws Exception {
        return new TestMachine(new SoftBackend(), new SoftOptions(), vcpus);
    }
}
