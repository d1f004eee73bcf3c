package dev.backplane.testkit.guest;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Activity;
import dev.backplane.api.cpu.VcpuState.Msr;
import dev.backplane.api.cpu.VcpuState.Segment;
import dev.backplane.api.cpu.VcpuState.Table;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * Makes a {@link SmallGuest}: chooses a mode, with tables at fixed places and, for every vector, a handler that ends the guest,
 * so that a test sees which vector came and what its frame holds; then changes what the test is about, gives the code, and
 * says what has to be true at the end.
 *
 * {@snippet :
 * SmallGuest guest = GuestBuilder.guest("3A 6.15", "UD2 in ring 3 is #UD with its own address")
 *         .long64()
 *         .user()
 *         .code(a -> a.ud2())
 *         .fault(6, GuestBuilder.CODE)
 *         .build();
 * }
 */
public final class GuestBuilder {
    // Places, all linear and physical.
    public static final long GDT = 0x1000;
    public static final long IDT = 0x2000;
    public static final long TSS = 0x3000;
    /** For guests with a second task. */
    public static final long TSS2 = 0x3400;
    /** For guests with a local table. */
    public static final long LDT = 0x3800;
    /** The handler of vector v is at {@code HANDLERS + 16 * v}. */
    public static final long HANDLERS = 0x4000;
    /** Top of the first stack of the interrupt stack table. */
    public static final long IST1 = 0x6000;
    /** Top of the stack that events from outer rings get. */
    public static final long STACK0 = 0x7000;
    /** Top of the stack that code of ring 0 starts with. */
    public static final long STACK = 0x6c00;
    /** Top of the stack for rings 1 and 2, for guests that use one. */
    public static final long STACK1 = 0x7400;
    /** Top of the stack that code of ring 3 starts with. */
    public static final long STACK3 = 0x7c00;
    /** Where the code starts. */
    public static final long CODE = 0x8000;
    /** Free for more code. */
    public static final long MORE = 0xa000;
    /** Free for data. */
    public static final long DATA_PAGE = 0xc000;
    /** The page tables of the modes that have them: each kind a page of its own from here on. */
    public static final long TABLES = 0x1_0000;

    public static final long PML4 = TABLES;
    public static final long PDPT = TABLES + 0x1000;
    /** Page directory of PAE and long mode: its first entry is {@link #PT}, the second a page of 2 MiB. */
    public static final long PD = TABLES + 0x2000;
    /** Maps the first 2 MiB one to one in PAE and long mode. */
    public static final long PT = TABLES + 0x3000;
    /** The four pointers of PAE paging. */
    public static final long POINTERS = TABLES + 0x4000;
    /** Page directory of 32-bit paging. */
    public static final long PD32 = TABLES + 0x5000;
    /** Maps the first 4 MiB one to one with 32-bit paging. */
    public static final long PT32 = TABLES + 0x6000;

    public static final long PML5 = TABLES + 0x7000;

    // Selectors.
    public static final int CODE32 = 0x08;
    public static final int DATA = 0x10;
    public static final int USER_CODE32 = 0x1b;
    public static final int USER_DATA = 0x23;
    public static final int CODE64 = 0x28;
    public static final int TASK = 0x30;
    public static final int USER_CODE64 = 0x43;
    public static final int CODE16 = 0x48;
    public static final int DATA16 = 0x50;
    /** First of the entries that guests fill; there are eight. */
    public static final int FREE = 0x58;

    /** A second task, once {@link #secondTask} made it. */
    public static final int TASK2 = 0x90;

    // Descriptors.
    public static final long FLAT_CODE32 = 0x00cf_9b00_0000_ffffL;
    public static final long FLAT_CODE64 = 0x00af_9b00_0000_ffffL;
    public static final long FLAT_DATA = 0x00cf_9300_0000_ffffL;
    public static final long SMALL_CODE16 = 0x0000_9b00_0000_ffffL;
    public static final long SMALL_DATA16 = 0x0000_9300_0000_ffffL;
    public static final long DPL1 = 1L << 45;
    public static final long DPL3 = 3L << 45;
    public static final long PRESENT = 1L << 47;

    public static final int EFER = 0xc000_0080;
    static final int END_BYTES = 2;

    /** A task-state segment with a map of 256 ports. */
    public static final int TASK_LIMIT = 0x88;

    private static final int IMAGE_BYTES = 0x2_0000;
    private static final int FLAGS_RESERVED = 2;
    private static final int UNUSABLE = 1 << 16;

    private final String section;
    private final String name;
    private final ByteBuffer image = ByteBuffer.allocate(IMAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final long[] general = new long[16];
    private final Segment[] segments = new Segment[8];
    private final Map<Integer, Long> msrs = new TreeMap<>();
    private final long[] debug = {0, 0, 0, 0, 0xffff_0ff0L, 0x400};
    private final List<Expectation> expected = new ArrayList<>();
    private String model = "x86-64-v2";
    private int bits = 16;
    private long rip = CODE;
    private long flags = FLAGS_RESERVED;
    private long gdtLimit = 0x97;
    private long idtBase = IDT;
    private int idtLimit;
    private long cr0 = 0x10;
    private long cr3;
    private long cr4;
    private GuestEnd.Kind ending = GuestEnd.Kind.PORT;

    private GuestBuilder(String section, String name) {
        this.section = section;
        this.name = name;
    }

    /**
     * Begins a guest; it has no mode yet.
     *
     * @param section the manual's section that the guest is about
     * @param name what happens
     */
    public static GuestBuilder guest(String section, String name) {
        return new GuestBuilder(section, name);
    }

    /** Needs another CPU model than {@code x86-64-v2}. */
    public GuestBuilder model(String name) {
        model = name;
        return this;
    }

    // ---- memory -----------------------------------------------------------------------------------------------------

    public GuestBuilder put16(long address, long value) {
        image.putShort((int) address, (short) value);
        return this;
    }

    public GuestBuilder put32(long address, long value) {
        image.putInt((int) address, (int) value);
        return this;
    }

    public GuestBuilder put64(long address, long value) {
        image.putLong((int) address, value);
        return this;
    }

    /** An entry of the global descriptor table. */
    public GuestBuilder descriptor(int selector, long descriptor) {
        return put64(GDT + (selector & ~7), descriptor);
    }

    /** An entry of the interrupt table of the legacy modes. */
    public GuestBuilder gate(int vector, long gate) {
        return put64(IDT + 8L * vector, gate);
    }

    /** An entry of long mode's interrupt table. */
    public GuestBuilder gate64(int vector, long low, long high) {
        return put64(IDT + 16L * vector, low).put64(IDT + 16L * vector + 8, high);
    }

    /** The entry for a page of the first 2 MiB, in PAE and long mode. */
    public GuestBuilder page(long linear, long entry) {
        return put64(PT + (linear >>> 12) * 8, entry);
    }

    /** The entry for a page of the first 4 MiB with 32-bit paging. */
    public GuestBuilder page32(long linear, long entry) {
        return put32(PT32 + (linear >>> 12) * 4, entry);
    }

    /**
     * A segment descriptor.
     *
     * @param limit in units of the granularity that {@code flags} says
     * @param access the byte with P, DPL, S and type
     * @param flags four bits: G, D/B, L, AVL
     */
    public static long segment(long base, long limit, int access, int flags) {
        return limit & 0xffff
                | (base & 0xff_ffff) << 16
                | (long) access << 40
                | (limit >>> 16 & 0xf) << 48
                | (long) flags << 52
                | (base >>> 24 & 0xff) << 56;
    }

    /**
     * The low eight bytes of a gate.
     *
     * @param access the byte with P, DPL and type
     * @param low parameter count or IST
     */
    public static long gate(int selector, long offset, int access, int low) {
        return offset & 0xffff
                | (long) selector << 16
                | (long) low << 32
                | (long) access << 40
                | (offset >>> 16 & 0xffff) << 48;
    }

    // ---- modes ------------------------------------------------------------------------------------------------------

    /** Real mode: segments of base 0 and 64 KiB, stack at {@link #STACK}, interrupt table at 0. */
    public GuestBuilder real() {
        bits = 16;
        for (int segment = 0; segment < 6; segment++) {
            segments[segment] = new Segment(0, 0, 0xffff, segment == 1 ? 0x9b : 0x93);
        }
        segments[6] = new Segment(0, 0, 0xffff, 0x82);
        segments[7] = new Segment(0, 0, 0xffff, 0x8b);
        for (int vector = 0; vector < 256; vector++) {
            put32(4L * vector, HANDLERS + 16L * vector);
        }
        handlers();
        idtBase = 0;
        idtLimit = 0x3ff;
        general[Asm.SP] = STACK;
        return this;
    }

    /** 32-bit protected mode without paging, ring 0, interrupts off. */
    public GuestBuilder protected32() {
        bits = 32;
        tables();
        for (int vector = 0; vector < 256; vector++) {
            gate(vector, gate(CODE32, HANDLERS + 16L * vector, 0x8e, 0));
        }
        put32(TSS + 4, STACK0).put32(TSS + 8, DATA);
        idtLimit = 0x7ff;
        cr0 = 0x31;
        return segments(CODE32, 0xc09b, DATA, 0xc093, STACK);
    }

    /** 32-bit protected mode with 32-bit paging; pages are open to all. */
    public GuestBuilder paging32() {
        protected32();
        for (int n = 0; n < 1024; n++) {
            put32(PT32 + 4L * n, n << 12 | 7);
        }
        put32(PD32, PT32 | 7);
        cr3 = PD32;
        cr0 |= 0x8000_0000L;
        return this;
    }

    /** 32-bit protected mode with PAE paging; pages are open to all. */
    public GuestBuilder pae() {
        protected32();
        lowTables();
        put64(POINTERS, PD | 1);
        msrs.put(EFER, 0x800L);
        cr3 = POINTERS;
        cr4 = 0x20;
        cr0 |= 0x8000_0000L;
        return this;
    }

    /** 64-bit mode, ring 0, interrupts off, write protection on; pages are open to all, NXE and SCE on. */
    public GuestBuilder long64() {
        bits = 64;
        tables();
        for (int vector = 0; vector < 256; vector++) {
            gate64(vector, gate(CODE64, HANDLERS + 16L * vector, 0x8e, 0), 0);
        }
        put64(TSS + 4, STACK0).put64(TSS + 0x24, IST1);
        idtLimit = 0xfff;
        lowTables();
        put64(PDPT, PD | 7).put64(PML4, PDPT | 7);
        msrs.put(EFER, 0xd01L);
        cr3 = PML4;
        cr4 = 0x20;
        cr0 = 0x8001_0031L;
        return segments(CODE64, 0xa09b, DATA, 0xc093, STACK);
    }

    /** The same with 5-level paging. */
    public GuestBuilder long64With5Levels() {
        long64();
        put64(PML5, PML4 | 7);
        cr3 = PML5;
        cr4 |= 1 << 12;
        return model("max");
    }

    /** Compatibility mode: 32-bit code in long mode, ring 0. The handlers are 64-bit code. */
    public GuestBuilder compatibility() {
        long64();
        bits = 32;
        return segments(CODE32, 0xc09b, DATA, 0xc093, STACK);
    }

    /** Ring 3 with its own stack, in the protected mode that was chosen before. */
    public GuestBuilder user() {
        return bits == 64
                ? segments(USER_CODE64, 0xa0fb, USER_DATA, 0xc0f3, STACK3)
                : segments(USER_CODE32, 0xc0fb, USER_DATA, 0xc0f3, STACK3);
    }

    /** Virtual-8086 mode on top of {@link #protected32}: segments of base 0, stack at {@link #STACK3}. */
    public GuestBuilder virtual8086(int iopl) {
        protected32();
        bits = 16;
        for (int segment = 0; segment < 6; segment++) {
            segments[segment] = new Segment(0, 0, 0xffff, 0xf3);
        }
        general[Asm.SP] = STACK3;
        flags = 1 << 17 | iopl << 12 | FLAGS_RESERVED;
        return this;
    }

    private GuestBuilder segments(int code, int codeAttributes, int data, int dataAttributes, long stack) {
        Segment flat = new Segment(data, 0, 0xffff_ffffL, dataAttributes);
        Arrays.fill(segments, 0, 6, flat);
        segments[1] = new Segment(code, 0, 0xffff_ffffL, codeAttributes);
        general[Asm.SP] = stack;
        return this;
    }

    private void tables() {
        descriptor(CODE32, FLAT_CODE32).descriptor(DATA, FLAT_DATA);
        descriptor(USER_CODE32, FLAT_CODE32 | DPL3).descriptor(USER_DATA, FLAT_DATA | DPL3);
        descriptor(CODE64, FLAT_CODE64).descriptor(USER_CODE64, FLAT_CODE64 | DPL3);
        descriptor(CODE16, SMALL_CODE16).descriptor(DATA16, SMALL_DATA16);
        descriptor(TASK, segment(TSS, TASK_LIMIT, 0x8b, 0));
        ports(TSS);
        segments[6] = new Segment(0, 0, 0, UNUSABLE);
        segments[7] = new Segment(TASK, TSS, TASK_LIMIT, 0x8b);
        handlers();
    }

    /** A map of ports that allows only the one that ends the guest. */
    private GuestBuilder ports(long task) {
        put16(task + 0x66, 0x68);
        for (int at = 0x68; at <= TASK_LIMIT; at++) {
            image.put((int) task + at, (byte) 0xff);
        }
        int port = SmallGuest.END_PORT;
        image.put((int) task + 0x68 + port / 8, (byte) ~(1 << port % 8));
        return this;
    }

    private void handlers() {
        for (int vector = 0; vector < 256; vector++) {
            put16(HANDLERS + 16L * vector, SmallGuest.END_PORT << 8 | 0xe6);
        }
    }

    private void lowTables() {
        for (int n = 0; n < 512; n++) {
            put64(PT + 8L * n, (long) n << 12 | 7);
        }
        put64(PD, PT | 7).put64(PD + 8, 0x20_0087);
    }

    // ---- registers --------------------------------------------------------------------------------------------------

    public GuestBuilder register(int number, long value) {
        general[number] = value;
        return this;
    }

    /** RFLAGS; bit 1 and VM are kept as they have to be. */
    public GuestBuilder flags(long value) {
        flags = value | flags & 1 << 17 | FLAGS_RESERVED;
        return this;
    }

    public GuestBuilder rip(long value) {
        rip = value;
        return this;
    }

    /** Bits to set in CR0. */
    public GuestBuilder cr0(long bits) {
        cr0 |= bits;
        return this;
    }

    public GuestBuilder cr3(long value) {
        cr3 = value;
        return this;
    }

    /** Bits to set in CR4. */
    public GuestBuilder cr4(long bits) {
        cr4 |= bits;
        return this;
    }

    public GuestBuilder msr(int number, long value) {
        msrs.put(number, value);
        return this;
    }

    /** DR0 to DR3, DR6 or DR7. */
    public GuestBuilder debug(int number, long value) {
        debug[number < 4 ? number : number - 2] = value;
        return this;
    }

    public GuestBuilder segmentRegister(int number, int selector, long base, long limit, int attributes) {
        segments[number] = new Segment(selector, base, limit, attributes);
        return this;
    }

    public GuestBuilder idtLimit(int limit) {
        idtLimit = limit;
        return this;
    }

    /** Another task-state segment than the standard one. */
    public GuestBuilder task(int selector, long base, long limit, int attributes) {
        return segmentRegister(7, selector, base, limit, attributes);
    }

    // ---- code -------------------------------------------------------------------------------------------------------

    /** Code at {@link #CODE}, in the width of the mode. */
    public GuestBuilder code(Consumer<Asm> code) {
        return codeAt(CODE, bits, code);
    }

    /** Code at another place, in the width of the mode. */
    public GuestBuilder codeAt(long address, Consumer<Asm> code) {
        return codeAt(address, bits, code);
    }

    /** Code of a given width at a place. */
    public GuestBuilder codeAt(long address, int width, Consumer<Asm> code) {
        var asm = new Asm(width, address);
        code.accept(asm);
        byte[] bytes = asm.finish();
        image.put((int) address, bytes);
        return this;
    }

    /** Another handler of a vector than the one that ends the guest; at most 16 bytes. */
    public GuestBuilder handler(int vector, int width, Consumer<Asm> code) {
        return codeAt(HANDLERS + 16L * vector, width, code);
    }

    // ---- tasks ------------------------------------------------------------------------------------------------------

    /** A second 32-bit task of ring 0 at {@link #TSS2}, available, with a stack at {@link #STACK1}; legacy modes. */
    public GuestBuilder secondTask(long eip) {
        put32(TSS2 + 0x1c, cr3)
                .put32(TSS2 + 0x20, eip)
                .put32(TSS2 + 0x24, FLAGS_RESERVED)
                .put32(TSS2 + 0x38, STACK1);
        for (int segment = Asm.ES; segment <= Asm.GS; segment++) {
            put32(TSS2 + 0x48 + 4L * segment, segment == Asm.CS ? CODE32 : DATA);
        }
        return ports(TSS2).descriptor(TASK2, segment(TSS2, TASK_LIMIT, 0x89, 0));
    }

    /** The same, entered by a vector; its code is at {@link #MORE} and ends the guest. The error code lies at {@code STACK1 - 4}. */
    public GuestBuilder taskGate(int vector) {
        return secondTask(MORE).gate(vector, gate(TASK2, 0, 0x85, 0)).codeAt(MORE, Asm::end);
    }

    // ---- the end ----------------------------------------------------------------------------------------------------

    /** Ends in the handler of a vector without error code; its frame's instruction pointer. */
    public GuestBuilder fault(int vector, long rip) {
        return vector(vector).frame(0, rip);
    }

    /** Ends in the handler of a vector with an error code. */
    public GuestBuilder fault(int vector, long errorCode, long rip) {
        return vector(vector)
                .expect("the error code", end -> end.frame(0), errorCode)
                .frame(1, rip);
    }

    /** A page fault. */
    public GuestBuilder pageFault(long errorCode, long rip, long cr2) {
        return fault(14, errorCode, rip).cr2(cr2);
    }

    /** Ends in the handler of a vector. */
    public GuestBuilder vector(int vector) {
        return expect("the vector", GuestEnd::vector, vector);
    }

    /** An element of the frame at the stack pointer. */
    public GuestBuilder frame(int index, long value) {
        return expect("frame[" + index + "]", end -> end.frame(index), value);
    }

    /** A register at the end. */
    public GuestBuilder gives(int register, long value) {
        return expect("register " + register, end -> end.register(register), value);
    }

    /** The accumulator at the end. */
    public GuestBuilder gives(long accumulator) {
        return gives(Asm.AX, accumulator);
    }

    public GuestBuilder selector(int segment, int value) {
        return expect(
                "selector " + segment,
                end -> end.state().segments().get(segment).selector(),
                value);
    }

    public GuestBuilder cr2(long value) {
        return expect("cr2", end -> end.state().cr2(), value);
    }

    /** Some bits of RFLAGS at the end. */
    public GuestBuilder flags(long mask, long value) {
        return expect("rflags & 0x" + Long.toHexString(mask), end -> end.state().rflags() & mask, value);
    }

    /** Some bits of memory at the end. */
    public GuestBuilder memory(long address, int bytes, long mask, long value) {
        return expect("[0x" + Long.toHexString(address) + "]", end -> end.memory(address, bytes) & mask, value);
    }

    public GuestBuilder memory(long address, int bytes, long value) {
        return memory(address, bytes, -1, value);
    }

    /** Some bits of DR6 at the end. */
    public GuestBuilder dr6(long mask, long value) {
        return expect("dr6 & 0x" + Long.toHexString(mask), end -> end.state().debug()[4] & mask, value);
    }

    /** The instruction pointer at the end, behind the instruction that ended the guest. */
    public GuestBuilder endsBehind(long instruction) {
        return expect("rip", end -> end.state().rip(), instruction + END_BYTES);
    }

    public GuestBuilder expect(String what, ToLongFunction<GuestEnd> actual, long value) {
        expected.add(new Expectation(what, actual, value));
        return this;
    }

    /** Ends by a triple fault. */
    public GuestBuilder shutsDown() {
        ending = GuestEnd.Kind.SHUTDOWN;
        return this;
    }

    /** The guest. */
    public SmallGuest build() {
        return new SmallGuest(section, name, model, state(), image.array().clone(), ending, List.copyOf(expected));
    }

    private VcpuState state() {
        byte[] page = new byte[4096];
        // A local APIC that is enabled, with every source masked and no 8259 behind LINT0.
        ByteBuffer apic = ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN);
        apic.putInt(0xe0, -1).putInt(0xf0, 0x1ff);
        for (int entry = 0x320; entry <= 0x370; entry += 0x10) {
            apic.putInt(entry, 0x1_0000);
        }
        byte[] xsave = new byte[576];
        ByteBuffer area = ByteBuffer.wrap(xsave).order(ByteOrder.LITTLE_ENDIAN);
        area.putShort(0, (short) 0x37f).putInt(24, 0x1f80).putLong(512, 3);
        return new VcpuState(
                Activity.ACTIVE,
                general.clone(),
                rip,
                flags,
                List.of(segments),
                new Table(GDT, (int) gdtLimit),
                new Table(idtBase, idtLimit),
                cr0,
                0,
                cr3,
                cr4,
                0,
                1,
                debug.clone(),
                msrs.entrySet().stream()
                        .map(msr -> new Msr(msr.getKey(), msr.getValue()))
                        .toList(),
                xsave,
                new VcpuState.Apic(0xfee0_0900L, page, 0, 0),
                Optional.empty(),
                Optional.empty(),
                false,
                false,
                false);
    }
}
