package dev.backplane.gdb.internal;

import dev.backplane.gdb.internal.Register.Feature;
import java.util.ArrayList;
import java.util.List;

/** The registers of an architecture in the order in which the protocol numbers them. */
final class Registers {
    private static final String[] WIDE = {
        "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
    };
    private static final String[] NARROW = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"};

    /** Numbers in the encoding of the registers in {@link #WIDE}. */
    private static final int[] WIDE_NUMBERS = {0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15};

    private static final String[] SEGMENTS = {"cs", "ss", "ds", "es", "fs", "gs"};
    /** Their places in a state. */
    private static final int[] SEGMENT_NUMBERS = {
        RegisterFile.CS, RegisterFile.SS, 3, 0, RegisterFile.FS, RegisterFile.GS
    };

    private static final int ST = 32;
    private static final int XMM = 160;
    private static final Register.Set NOWHERE = (file, value) -> {};

    private final List<Register> all = new ArrayList<>();

    Registers(Architecture architecture) {
        boolean wide = architecture == Architecture.X86_64;
        int word = wide ? 8 : 4;
        general(wide);
        control("fctrl", 0, 2);
        control("fstat", 2, 2);
        all.add(Register.number(
                "ftag",
                4,
                "int",
                Feature.CORE,
                file -> X87Tags.full(file.xsave),
                (file, value) -> X87Tags.set(file.xsave, value)));
        control("fiseg", 12, 2);
        control("fioff", 8, 4);
        control("foseg", 20, 2);
        control("fooff", 16, 4);
        control("fop", 6, 2);
        for (int n = 0; n < (wide ? 16 : 8); n++) {
            area("xmm" + n, 16, "vec128", Feature.SSE, XMM + 16 * n, 16);
        }
        area("mxcsr", 4, "i386_mxcsr", Feature.SSE, 24, 4);
        if (wide) {
            base("fs_base", RegisterFile.FS);
            base("gs_base", RegisterFile.GS);
        }
        system(word, wide);
    }

    private void general(boolean wide) {
        String type = wide ? "int64" : "int32";
        int word = wide ? 8 : 4;
        String[] names = wide ? WIDE : NARROW;
        for (int n = 0; n < names.length; n++) {
            int number = wide ? WIDE_NUMBERS[n] : n;
            String special = number == 4 || number == 5 ? "data_ptr" : type;
            core(names[n], word, special, file -> file.general[number], (file, value) -> file.general[number] = value);
        }
        core(wide ? "rip" : "eip", word, "code_ptr", file -> file.rip, (file, value) -> file.rip = value);
        core("eflags", 4, "i386_eflags", file -> file.rflags, (file, value) -> file.rflags = value);
        for (int n = 0; n < SEGMENTS.length; n++) {
            int index = SEGMENT_NUMBERS[n];
            core(
                    SEGMENTS[n],
                    4,
                    "int32",
                    file -> file.segments.get(index).selector(),
                    (file, value) -> file.selector(index, (int) value));
        }
        for (int n = 0; n < 8; n++) {
            area("st" + n, 10, "i387_ext", Feature.CORE, ST + 16 * n, 10);
        }
    }

    private void core(String name, int bytes, String type, Register.Get get, Register.Set set) {
        all.add(Register.number(name, bytes, type, Feature.CORE, get, set));
    }

    /** An x87 control register, four bytes to gdb. */
    private void control(String name, int offset, int bytes) {
        area(name, 4, "int", Feature.CORE, offset, bytes);
    }

    private void area(String name, int bytes, String type, Feature feature, int offset, int used) {
        all.add(new Register(
                name,
                bytes,
                type,
                feature,
                (file, to) -> System.arraycopy(file.xsave, offset, to, 0, used),
                (file, from) -> System.arraycopy(from, 0, file.xsave, offset, used)));
    }

    private void base(String name, int index) {
        all.add(Register.number(
                name,
                8,
                "int",
                Feature.SEGMENTS,
                file -> file.segments.get(index).base(),
                (file, value) -> file.base(index, value)));
    }

    private void system(int word, boolean wide) {
        String type = wide ? "uint64" : "uint32";
        system("cr0", word, wide ? "x86_cr0" : type, file -> file.cr0, (file, value) -> file.cr0 = value);
        system("cr2", word, type, file -> file.cr2, (file, value) -> file.cr2 = value);
        system("cr3", word, type, file -> file.cr3, (file, value) -> file.cr3 = value);
        system("cr4", word, wide ? "x86_cr4" : type, file -> file.cr4, (file, value) -> file.cr4 = value);
        if (wide) {
            system("cr8", 8, type, file -> file.cr8, (file, value) -> file.cr8 = value);
            system(
                    "efer",
                    8,
                    "x86_efer",
                    file -> file.msr(RegisterFile.EFER),
                    (file, value) -> file.msr(RegisterFile.EFER, value));
            system(
                    "k_gs_base",
                    8,
                    type,
                    file -> file.msr(RegisterFile.KERNEL_GS_BASE),
                    (file, value) -> file.msr(RegisterFile.KERNEL_GS_BASE, value));
        }
        for (int n = 0; n < 4; n++) {
            int index = SEGMENT_NUMBERS[n];
            system(
                    SEGMENTS[n] + "_base",
                    word,
                    type,
                    file -> file.segments.get(index).base(),
                    (file, value) -> file.base(index, value));
        }
        system("gdt_base", word, type, RegisterFile::gdtBase, NOWHERE);
        system("gdt_limit", 4, "uint32", RegisterFile::gdtLimit, NOWHERE);
        system("idt_base", word, type, RegisterFile::idtBase, NOWHERE);
        system("idt_limit", 4, "uint32", RegisterFile::idtLimit, NOWHERE);
        system("tr", 4, "uint32", file -> file.segments.get(RegisterFile.TR).selector(), NOWHERE);
        system("ldtr", 4, "uint32", file -> file.segments.get(RegisterFile.LDTR).selector(), NOWHERE);
    }

    private void system(String name, int bytes, String type, Register.Get get, Register.Set set) {
        all.add(Register.number(name, bytes, type, Feature.SYSTEM, get, set));
    }

    List<Register> all() {
        return List.copyOf(all);
    }
}
