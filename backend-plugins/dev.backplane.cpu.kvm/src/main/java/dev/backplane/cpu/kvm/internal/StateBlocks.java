package dev.backplane.cpu.kvm.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.kvm.KvmBlock;
import dev.backplane.natives.kvm.KvmVcpu;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.Map;

/** One vCPU's structures, each read and written as a whole. While it does not run. */
final class StateBlocks {
    private final KvmVcpu vcpu;
    private final Map<KvmBlock, MemorySegment> blocks = new EnumMap<>(KvmBlock.class);

    StateBlocks(KvmVcpu vcpu) {
        this.vcpu = vcpu;
        Arena arena = Arena.ofAuto();
        for (KvmBlock block : KvmBlock.values()) {
            blocks.put(block, arena.allocate(block.sizeBytes(), 16));
        }
    }

    KvmVcpu vcpu() {
        return vcpu;
    }

    /** The structure as it is in the host. */
    MemorySegment read(KvmBlock block) throws HostException {
        MemorySegment segment = blocks.get(block);
        vcpu.read(block, segment);
        return segment;
    }

    /** The structure to fill anew. */
    MemorySegment empty(KvmBlock block) {
        return blocks.get(block).fill((byte) 0);
    }

    /** Gives the structure, as it was filled or changed, to the host. */
    void write(KvmBlock block) throws HostException {
        vcpu.write(block, blocks.get(block));
    }

    /** Whether the vCPU waits for an interrupt, or for its start-up message. */
    boolean waits() throws HostException {
        return read(KvmBlock.MP_STATE).get(ValueLayout.JAVA_INT, 0) != MpState.RUNNABLE;
    }

    /** Lets a vCPU that waits for an interrupt go on. */
    void makeRunnable() throws HostException {
        empty(KvmBlock.MP_STATE).set(ValueLayout.JAVA_INT, 0, MpState.RUNNABLE);
        write(KvmBlock.MP_STATE);
    }
}
