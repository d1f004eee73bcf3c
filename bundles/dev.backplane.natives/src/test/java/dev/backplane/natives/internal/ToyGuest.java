package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.kvm.KvmBlock;
import dev.backplane.natives.kvm.KvmSystem;
import dev.backplane.natives.kvm.KvmVcpu;
import dev.backplane.natives.kvm.KvmVm;
import dev.backplane.natives.memory.HostMapping;
import dev.backplane.natives.memory.Protection;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.api.Assertions;
import org.opentest4j.TestAbortedException;

/** 64 KiB of memory and one vCPU in real mode at 0x1000. */
final class ToyGuest implements AutoCloseable {
    static final int IO = 2;
    static final int HLT = 5;
    static final int MMIO = 6;
    static final int SHUTDOWN = 8;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final int CODE = 0x1000;

    final LinuxHost host;
    final KvmSystem system;
    final KvmVm vm;
    final HostMapping memory;
    final KvmVcpu vcpu;

    private ToyGuest(LinuxHost host, KvmSystem system, boolean splitChip) throws HostException {
        this.host = host;
        this.system = system;
        vm = system.createVm();
        vm.setTssAddress(0xfeff_d000L);
        vm.setIdentityMapAddress(0xfeff_c000L);
        memory = host.memory().allocate(0x1_0000, Protection.READ_WRITE);
        vm.setMemory(0, 0, memory.segment(), true);
        if (splitChip) {
            vm.enable(121, 24);
        }
        vcpu = vm.createVcpu(0);
    }

    /** A guest, where the host has KVM: the test is skipped elsewhere, or fails with {@code -Dbackplane.kvm.required=true}. */
    static ToyGuest make(boolean splitChip, String code) throws HostException {
        LinuxHost host = new LinuxHost();
        KvmSystem system;
        try {
            system = host.kvm().open();
        } catch (HostException | UnsupportedOperationException e) {
            if (Boolean.getBoolean("backplane.kvm.required")) {
                return Assertions.fail(e);
            }
            throw new TestAbortedException("no KVM: " + e.getMessage());
        }
        ToyGuest guest = new ToyGuest(host, system, splitChip);
        byte[] bytes = HexFormat.of().parseHex(code.replaceAll("\\s", ""));
        MemorySegment.copy(bytes, 0, guest.memory.segment(), ValueLayout.JAVA_BYTE, CODE, bytes.length);
        guest.start();
        return guest;
    }

    private void start() throws HostException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sregs = arena.allocate(KvmBlock.SREGS.sizeBytes(), 8);
            vcpu.read(KvmBlock.SREGS, sregs);
            sregs.set(ValueLayout.JAVA_LONG, 0, 0);
            sregs.set(ValueLayout.JAVA_SHORT, 12, (short) 0);
            vcpu.write(KvmBlock.SREGS, sregs);
            MemorySegment regs = arena.allocate(KvmBlock.REGS.sizeBytes(), 8);
            regs.set(ValueLayout.JAVA_LONG, 48, 0x8000);
            regs.set(ValueLayout.JAVA_LONG, 128, CODE);
            regs.set(ValueLayout.JAVA_LONG, 136, 2);
            vcpu.write(KvmBlock.REGS, regs);
        }
    }

    long register(int offset) throws HostException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment regs = arena.allocate(KvmBlock.REGS.sizeBytes(), 8);
            vcpu.read(KvmBlock.REGS, regs);
            return regs.get(ValueLayout.JAVA_LONG, offset);
        }
    }

    int runToExit() throws HostException {
        if (!vcpu.run()) {
            throw new AssertionError("kicked");
        }
        return vcpu.area().get(INT, 8);
    }

    int ioPort() {
        return vcpu.area().get(ValueLayout.JAVA_SHORT, 34) & 0xffff;
    }

    MemorySegment ioData() {
        return vcpu.area().asSlice(vcpu.area().get(ValueLayout.JAVA_LONG, 40));
    }

    @Override
    public void close() {
        vcpu.close();
        vm.close();
        system.close();
        memory.close();
    }
}
