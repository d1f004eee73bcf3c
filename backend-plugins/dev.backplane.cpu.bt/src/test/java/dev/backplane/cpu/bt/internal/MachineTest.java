package dev.backplane.cpu.bt.internal;

import dev.backplane.testkit.cpu.CpuBench;
import dev.backplane.testkit.cpu.CpuContract;

/** Machines on the translator. */
class MachineTest extends CpuContract {
    @Override
    protected CpuBench machine(int vcpus) throws Exception {
        return new CpuBench(new BtBackend(), new BtOptions(true, false), vcpus);
    }
}
