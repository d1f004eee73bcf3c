package dev.backplane.cpu.bt.internal.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.cpu.bt.internal.host.HostProbe;
import dev.backplane.cpu.bt.internal.translate.Fidelity;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Random ways into a kernel and back end translated as they do interpreted: all registers, also the hidden ones, and faults. */
class PrivilegedBlockTest {
    private static final long KERNEL = 0x40000;
    private static final long SECRET = 0x50000;
    private static final long DESCRIPTORS = 0x60000;
    private static final int FMASK = Bits.AC | Bits.IF | Bits.DF | Bits.TF | Bits.NT | Bits.IOPL;

    private final SplittableRandom random;
    private final long seed;
    private int vectors;
    private int returns;

    PrivilegedBlockTest() {
        seed = Long.getLong("backplane.seed", System.nanoTime());
        random = new SplittableRandom(seed);
    }

    @Test
    void systemCallsEndAsTheInterpreterEndsThem() {
        Assumptions.assumeTrue(HostProbe.obstacle().isEmpty(), HostProbe.obstacle());
        System.out.println("seed " + seed);
        int blocks = Integer.getInteger("backplane.bt.blocks", 5_000);
        try (var machine = new BtMachine(Fidelity.EXACT).userMode()) {
            machine.map(BtMachine.CODE, BtMachine.CODE);
            machine.map(BtMachine.STACK, BtMachine.STACK);
            machine.map(BtMachine.DATA, BtMachine.DATA);
            machine.map(KERNEL, KERNEL, 3);
            machine.map(SECRET, SECRET, 3);
            descriptors(machine);
            for (int n = 0; n < blocks; n++) {
                byte[] user = user();
                byte[] kernel = kernel();
                machine.cpu.mmu.flushAll();
                machine.code(BtMachine.CODE, user);
                machine.code(KERNEL, kernel);
                long[] registers = random.longs(16).toArray();
                int flags = random.nextInt() & (Bits.ARITHMETIC | Bits.DF | Bits.ID) | Bits.IF | 2;
                boolean plain = random.nextInt(8) > 0;
                String which = "seed %d, %d: user %s kernel %s"
                        .formatted(
                                seed,
                                n,
                                HexFormat.of().formatHex(user),
                                HexFormat.of().formatHex(kernel));
                String expected = run(machine, false, registers, flags, plain);
                for (int time = 0; time < 3; time++) {
                    assertEquals(expected, run(machine, true, registers, flags, plain), which);
                }
                vectors |= 1 << machine.vector;
                returns += machine.cpu.cpl == 3 && machine.cpu.rip > BtMachine.CODE + 2 ? 1 : 0;
            }
        }
        assertTrue(returns > blocks / 8, returns + " returns");
        assertTrue(Integer.bitCount(vectors) >= 4, "exceptions " + Integer.toBinaryString(vectors));
    }

    /** The kernel's code and stack, as SYSCALL has them: IRET reads them. */
    private static void descriptors(BtMachine machine) {
        machine.map(DESCRIPTORS, DESCRIPTORS, 3);
        machine.cpu.gdtBase = DESCRIPTORS;
        machine.cpu.gdtLimit = 0xFF;
        machine.ram.bytes().set(ValueLayout.JAVA_LONG, DESCRIPTORS + 0x10, 0x00AF9B000000FFFFL);
        machine.ram.bytes().set(ValueLayout.JAVA_LONG, DESCRIPTORS + 0x18, 0x00CF93000000FFFFL);
    }

    /** Some instructions, and system calls between them. */
    private byte[] user() {
        var out = new ByteArrayOutputStream();
        int calls = 1 + random.nextInt(3);
        for (int n = 0; n < calls; n++) {
            for (int k = random.nextInt(3); k > 0; k--) {
                out.writeBytes(plain());
            }
            bytes(out, "0f05");
        }
        return out.toByteArray();
    }

    private byte[] kernel() {
        var out = new ByteArrayOutputStream();
        boolean swap = random.nextBoolean();
        if (swap) {
            bytes(out, "0f01f8");
        }
        boolean open = false;
        for (int n = random.nextInt(12); n > 0; n--) {
            switch (random.nextInt(20)) {
                case 0 -> {
                    bytes(out, "0f01cb");
                    open = true;
                }
                case 1 -> {
                    bytes(out, "0f01ca");
                    open = false;
                }
                // mov rax, [user]; mov [user], rdx; mostly while they are open
                case 2 -> bytes(out, open || random.nextInt(20) == 0 ? "488b042500010200" : "90");
                case 3 -> bytes(out, open || random.nextInt(20) == 0 ? "4889142508010200" : "90");
                // mov rbx, [secret]; add [secret], rbx
                case 4 -> bytes(out, "488b1c2510000500");
                case 5 -> bytes(out, "48011c2518000500");
                // mov rsi, gs:[8]; mov rdi, fs:[16]
                case 6 -> bytes(out, "65488b342508000000");
                case 7 -> bytes(out, "64488b3c2510000000");
                case 8 -> base(out);
                case 9 -> bytes(out, random.nextBoolean() ? "fc" : "fd");
                case 10 -> bytes(out, random.nextBoolean() ? "fa" : "fb90");
                // mov eax, cs; mov ebx, ss
                case 11 -> bytes(out, random.nextBoolean() ? "8cc8" : "8cd3");
                // cmp rdx, rbx; pushfq; pop rax, on the stack that the user has
                case 12 -> bytes(out, open ? "4839da9c58" : "4839da");
                // mov rbp, rsp; mov rsp, in SECRET; push flags; popfq; mov rsp, rbp
                case 13 -> bytes(out, "4889e548c7c40008050068%08x9d4889ec".formatted(Integer.reverseBytes(flags())));
                case 14 -> model(out);
                case 16 -> interruptReturn(out);
                // rdtsc or rdtscp; xor eax, eax; xor edx, edx
                case 15 -> bytes(out, (random.nextBoolean() ? "0f31" : "0f01f9") + "31c031d2");
                default -> out.writeBytes(plain());
            }
        }
        if (open && random.nextInt(4) > 0) {
            bytes(out, "0f01ca");
        }
        if (swap && random.nextInt(4) > 0) {
            bytes(out, "0f01f8");
        }
        spoil(out);
        bytes(out, random.nextInt(10) == 0 ? "0f07" : "480f07");
        return out.toByteArray();
    }

    private int flags() {
        int plain = Bits.ARITHMETIC | Bits.DF | Bits.ID | 2;
        return random.nextInt(6) > 0
                ? random.nextInt() & plain
                : random.nextInt() & (plain | Bits.AC | Bits.NT | Bits.IOPL | Bits.IF);
    }

    /** A frame in SECRET, mostly of the place behind its IRETQ. */
    private void interruptReturn(ByteArrayOutputStream out) {
        bytes(out, "4889e548c7c400080500");
        // mov eax, ss, or another selector; push rax; push rbp; push flags
        bytes(out, random.nextInt(12) > 0 ? "8cd0" : "31c0");
        bytes(out, "505568%08x".formatted(Integer.reverseBytes(flags())));
        bytes(out, random.nextInt(20) > 0 ? "8cc8" : "b833000000");
        // push rax; lea rax, [behind]; perhaps no canonical one; push rax
        bytes(out, random.nextInt(20) > 0 ? "50488d050300000050" : "5048b8000000000000800050");
        bytes(out, "48cf");
    }

    /** WRMSR of a base, seldom of something near, seldom with an address that is not canonical. */
    private void model(ByteArrayOutputStream out) {
        int register = 0xC0000100 + random.nextInt(random.nextInt(6) > 0 ? 3 : 5);
        int high = random.nextInt(8) > 0 ? random.nextInt() >> 31 & -0x8000 : random.nextInt();
        bytes(
                out,
                "b9%08xb8%08xba%08x0f30"
                        .formatted(
                                Integer.reverseBytes(register),
                                Integer.reverseBytes(random.nextInt()),
                                Integer.reverseBytes(high)));
    }

    /** Sometimes what SYSRET finds is no plain return. */
    private void spoil(ByteArrayOutputStream out) {
        switch (random.nextInt(12)) {
            // bts r11, bit; bts rcx, 50
            case 0 -> bytes(out, "490fbaeb%02x".formatted(random.nextInt(32)));
            case 1 -> bytes(out, "480fbae932");
            // btr r11, 9: interrupts stay closed
            case 2 -> bytes(out, "490fbaf309");
            default -> {}
        }
    }

    /** RDFSBASE to WRGSBASE with one of the registers, often of a base that can be used. */
    private void base(ByteArrayOutputStream out) {
        int kind = random.nextInt(4);
        int register = new int[] {0, 2, 3, 6, 10, 12}[random.nextInt(6)];
        if (kind >= 2 && random.nextInt(5) > 0) {
            bytes(out, "%02xc7%02x00000500".formatted(0x48 | register >> 3, 0xC0 | register & 7));
        }
        int rex = (random.nextInt(4) == 0 ? 0x40 : 0x48) | register >> 3;
        bytes(out, "f3%02x0fae%02x".formatted(rex, 0xC0 | kind << 3 | register & 7));
    }

    /** Registers and flags alone; rcx, rsp and r11 are left. */
    private byte[] plain() {
        int[] usable = {0, 2, 3, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15};
        int a = usable[random.nextInt(usable.length)];
        int b = usable[random.nextInt(usable.length)];
        int opcode = 8 * random.nextInt(8) + 1;
        return new byte[] {(byte) (0x48 | a >> 3 | b >> 3 << 2), (byte) opcode, (byte) (0xC0 | a & 7 | (b & 7) << 3)};
    }

    private static void bytes(ByteArrayOutputStream out, String hex) {
        out.writeBytes(HexFormat.of().parseHex(hex));
    }

    private static String run(BtMachine machine, boolean translated, long[] registers, int flags, boolean plain) {
        Cpu cpu = machine.cpu;
        machine.userMode();
        cpu.cr4 |= Bits.CR4_SMAP | (plain ? Bits.CR4_FSGSBASE : 0);
        cpu.efer |= plain ? Bits.EFER_SCE : registers[0] & Bits.EFER_SCE;
        cpu.star = 0x0023_0010L << 32;
        cpu.lstar = KERNEL;
        cpu.fmask = plain ? FMASK : FMASK & registers[1];
        cpu.kernelGsBase = SECRET;
        cpu.segmentBase[Seg.GS] = BtMachine.DATA;
        cpu.segmentBase[Seg.FS] = SECRET + 0x800;
        cpu.nmiMasked = false;
        cpu.interruptShadow = false;
        System.arraycopy(registers, 0, cpu.r, 0, 16);
        cpu.r[Gpr.RSP] = BtMachine.STACK + 0x800;
        cpu.setFlags(flags);
        cpu.modeChanged();
        cpu.rip = BtMachine.CODE;
        cpu.cr2 = 0;
        for (long page : new long[] {BtMachine.DATA, SECRET, BtMachine.STACK}) {
            MemorySegment.copy(registers, 0, machine.ram.bytes(), ValueLayout.JAVA_LONG, page, 16);
            machine.ram.bytes().asSlice(page + 128, 4096 - 128).fill((byte) page);
        }
        machine.run(translated);
        return "vector %d error %x rip %x cr2 %x cpl %d flags %x cs %x %x ss %x %x bases %x %x %x registers %s data %s"
                .formatted(
                        machine.vector,
                        machine.vector == 14 || machine.vector == 13 ? cpu.faultError : 0,
                        cpu.rip,
                        cpu.cr2,
                        cpu.cpl,
                        cpu.flags(),
                        cpu.selector[Seg.CS],
                        cpu.segmentAttributes[Seg.CS],
                        cpu.selector[Seg.SS],
                        cpu.segmentAttributes[Seg.SS],
                        cpu.segmentBase[Seg.FS],
                        cpu.segmentBase[Seg.GS],
                        cpu.kernelGsBase,
                        Arrays.toString(Arrays.copyOf(cpu.r, 16)),
                        hash(machine));
    }

    private static int hash(BtMachine machine) {
        return Arrays.hashCode(machine.ram
                .bytes()
                .asSlice(BtMachine.DATA, SECRET + 4096 - BtMachine.DATA)
                .toArray(ValueLayout.JAVA_BYTE));
    }
}
