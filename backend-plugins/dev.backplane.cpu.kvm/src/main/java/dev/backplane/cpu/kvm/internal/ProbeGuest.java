package dev.backplane.cpu.kvm.internal;

import dev.backplane.natives.Host;
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
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A guest in long mode that does what kernels do and emulations of them fail at: SSE at CPL 0, a loop at the processor's
 * speed, SYSRET to CPL 3 and SYSCALL back. It reports each step by a write to a port.
 */
final class ProbeGuest {
    private static final int PORT = 0x10;
    private static final int LOOPS = 200_000;
    private static final long MOST_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    /** For the steps of a few instructions: only hosts on which they hang need it. */
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    /** A loaded host may take the processor away meanwhile. */
    private static final int TRIES = 3;

    private static final int MEMORY = 0x1_0000;
    private static final long PML4 = 0x1000;
    private static final long PDPT = 0x2000;
    private static final long DIRECTORY = 0x3000;
    private static final long KERNEL = 0x5000;
    private static final long USER = 0x6000;
    private static final long SYSCALL = 0x7000;
    private static final long PRESENT_WRITABLE_USER = 7;
    private static final long LARGE_PAGE = 0x80;

    private static final long CR0 = 0x8000_0033L;
    private static final long CR4 = 0x620;
    private static final long EFER = 0x501;

    /** pxor xmm0, xmm0; step 1; ecx = loops: sub, jnz; step 2; sysretq to the user's code. */
    private static final String KERNEL_CODE =
            "660fefc0 b001e610 b9400d0300 83e901 75fb b002e610 b900600000 41bb02000000 480f07";

    private static final String USER_CODE = "0f05";
    /** Step 3; hlt. */
    private static final String SYSCALL_CODE = "b003e610 f4";

    private final KvmVcpu vcpu;
    private final MemorySegment memory;

    private ProbeGuest(KvmVcpu vcpu, MemorySegment memory) {
        this.vcpu = vcpu;
        this.memory = memory;
    }

    /** What did not work, or empty. */
    static Optional<String> run(Host host, KvmSystem system) throws HostException {
        try (KvmVm vm = system.createVm();
                HostMapping memory = host.memory().allocate(MEMORY, Protection.READ_WRITE)) {
            vm.setTssAddress(MachineMemory.TSS);
            vm.setIdentityMapAddress(MachineMemory.IDENTITY_MAP);
            vm.setMemory(0, 0, memory.segment(), false);
            try (KvmVcpu vcpu = vm.createVcpu(0);
                    Watchdog watchdog = new Watchdog(vcpu)) {
                vcpu.setCpuid(system.supportedCpuid());
                return new ProbeGuest(vcpu, memory.segment()).tries(watchdog);
            }
        }
    }

    private Optional<String> tries(Watchdog watchdog) throws HostException {
        Optional<String> failure = Optional.empty();
        for (int i = 0; i < TRIES; i++) {
            prepare();
            failure = attempt(watchdog);
            if (failure.isEmpty() || !failure.get().startsWith("a loop")) {
                break;
            }
        }
        return failure;
    }

    private Optional<String> attempt(Watchdog watchdog) throws HostException {
        if (!step(1, STEP_NANOS, watchdog)) {
            return Optional.of("pxor at CPL 0 failed (%s)".formatted(exit()));
        }
        long start = System.nanoTime();
        boolean looped = step(2, MOST_NANOS, watchdog);
        long nanos = System.nanoTime() - start;
        if (!looped || nanos > MOST_NANOS) {
            return Optional.of("a loop of %d rounds at CPL 0 took longer than %d ms"
                    .formatted(LOOPS, TimeUnit.NANOSECONDS.toMillis(MOST_NANOS)));
        }
        if (!step(3, STEP_NANOS, watchdog)) {
            return Optional.of("syscall at CPL 3 did not arrive at CPL 0 (%s)".formatted(exit()));
        }
        return Optional.empty();
    }

    private String exit() {
        return "exit " + RunArea.reasonName(new RunArea(vcpu.area()).reason());
    }

    private boolean step(int number, long mostNanos, Watchdog watchdog) throws HostException {
        RunArea area = new RunArea(vcpu.area());
        watchdog.begin(mostNanos);
        try {
            return vcpu.run()
                    && area.reason() == RunArea.IO
                    && area.ioPort() == PORT
                    && area.ioData().get(ValueLayout.JAVA_BYTE, 0) == number;
        } finally {
            watchdog.end();
        }
    }

    private void prepare() throws HostException {
        put(PML4, PDPT | PRESENT_WRITABLE_USER);
        put(PDPT, DIRECTORY | PRESENT_WRITABLE_USER);
        put(DIRECTORY, PRESENT_WRITABLE_USER | LARGE_PAGE);
        code(KERNEL, KERNEL_CODE);
        code(USER, USER_CODE);
        code(SYSCALL, SYSCALL_CODE);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sregs = arena.allocate(KvmBlock.SREGS.sizeBytes(), 8);
            vcpu.read(KvmBlock.SREGS, sregs);
            SegmentLayout.put(sregs, SegmentLayout.CS, 8, 0, 0xffff_ffffL, 0xa09b);
            for (int at : SegmentLayout.DATA) {
                SegmentLayout.put(sregs, at, 0x10, 0, 0xffff_ffffL, 0xc093);
            }
            sregs.set(ValueLayout.JAVA_LONG, SystemLayout.CR0, CR0);
            sregs.set(ValueLayout.JAVA_LONG, SystemLayout.CR3, PML4);
            sregs.set(ValueLayout.JAVA_LONG, SystemLayout.CR4, CR4);
            sregs.set(ValueLayout.JAVA_LONG, SystemLayout.EFER, EFER);
            vcpu.write(KvmBlock.SREGS, sregs);
            MemorySegment regs = arena.allocate(KvmBlock.REGS.sizeBytes(), 8);
            regs.set(ValueLayout.JAVA_LONG, GeneralLayout.RIP, KERNEL);
            regs.set(ValueLayout.JAVA_LONG, GeneralLayout.RFLAGS, 2);
            vcpu.write(KvmBlock.REGS, regs);
            MsrBuffer msrs = new MsrBuffer(3);
            msrs.add(Msr.STAR, 8L << 32 | 0x10L << 48);
            msrs.add(Msr.LSTAR, SYSCALL);
            msrs.add(Msr.FMASK, 0);
            msrs.write(vcpu);
        }
    }

    private void put(long at, long entry) {
        memory.set(ValueLayout.JAVA_LONG, at, entry);
    }

    private void code(long at, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, at, bytes.length);
    }
}
