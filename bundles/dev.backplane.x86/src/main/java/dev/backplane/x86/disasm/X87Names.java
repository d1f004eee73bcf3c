package dev.backplane.x86.disasm;

import dev.backplane.x86.decode.Insn;

/** x87 instructions, which the opcode table does not take apart (SDM volume 2, A.5.2): {@code NAME[ OPERANDS]}. */
final class X87Names {
    private static final String[] ARITHMETIC = {"add", "mul", "com", "comp", "sub", "subr", "div", "divr"};

    /** Memory forms by opcode byte and ModR/M.reg: name and size of the operand, {@code -} for one without a name. */
    private static final String[][] MEMORY = {
        null,
        {"fld 4", "", "fst 4", "fstp 4", "fldenv 0", "fldcw 2", "fnstenv 0", "fnstcw 2"},
        null,
        {"fild 4", "fisttp 4", "fist 4", "fistp 4", "", "fld 10", "", "fstp 10"},
        null,
        {"fld 8", "fisttp 8", "fst 8", "fstp 8", "frstor 0", "", "fnsave 0", "fnstsw 2"},
        null,
        {"fild 2", "fisttp 2", "fist 2", "fistp 2", "fbld 10", "fild 8", "fbstp 10", "fistp 8"}
    };
    /** Register forms; % is ST(i). */
    private static final String[][] REGISTER = {
        {"fadd st,%", "fmul st,%", "fcom %", "fcomp %", "fsub st,%", "fsubr st,%", "fdiv st,%", "fdivr st,%"},
        {"fld %", "fxch %", "fnop", "", "", "", "", ""},
        {"fcmovb st,%", "fcmove st,%", "fcmovbe st,%", "fcmovu st,%", "", "fucompp", "", ""},
        {"fcmovnb st,%", "fcmovne st,%", "fcmovnbe st,%", "fcmovnu st,%", "", "fucomi st,%", "fcomi st,%", ""},
        {"fadd %,st", "fmul %,st", "fcom2 %", "fcomp3 %", "fsubr %,st", "fsub %,st", "fdivr %,st", "fdiv %,st"},
        {"ffree %", "fxch4 %", "fst %", "fstp %", "fucom %", "fucomp %", "", ""},
        {"faddp %,st", "fmulp %,st", "fcomp5 %", "fcompp", "fsubrp %,st", "fsubp %,st", "fdivrp %,st", "fdivp %,st"},
        {"ffreep %", "fxch7 %", "fstp8 %", "fstp9 %", "fnstsw ax", "fucomip st,%", "fcomip st,%", ""}
    };

    private static final String[] D9_E0 = {
        "fchs", "fabs", "", "", "ftst", "fxam", "", "", "fld1", "fldl2t", "fldl2e", "fldpi", "fldlg2", "fldln2", "fldz",
        "", "f2xm1", "fyl2x", "fptan", "fpatan", "fxtract", "fprem1", "fdecstp", "fincstp", "fprem", "fyl2xp1", "fsqrt",
        "fsincos", "frndint", "fscale", "fsin", "fcos"
    };
    private static final String[] DB_E0 = {
        "fneni(8087 only)", "fndisi(8087 only)", "fnclex", "fninit", "fnsetpm(287 only)"
    };

    private X87Names() {}

    private static String form(Insn i) {
        int opcode = i.opcodeByte & 7;
        int reg = i.extension();
        if (i.memory) {
            String[] names = MEMORY[opcode];
            if (names != null) {
                return names[reg];
            }
            boolean integer = (opcode & 2) != 0;
            int bytes = opcode == 0 || opcode == 2 ? 4 : opcode == 4 ? 8 : 2;
            return (integer ? "fi" : "f") + ARITHMETIC[reg] + " " + bytes;
        }
        int low = i.modrm & 0x1F;
        if (opcode == 1 && i.modrm >= 0xE0) {
            return D9_E0[low];
        }
        if (opcode == 3 && i.modrm >= 0xE0 && i.modrm < 0xE8) {
            return low < DB_E0.length ? DB_E0[low] : "";
        }
        return REGISTER[opcode][reg];
    }

    static String of(Insn i) {
        String form = form(i);
        int space = form.indexOf(' ');
        return form.isEmpty() ? "(bad)" : space < 0 || form.endsWith(")") ? form : form.substring(0, space);
    }

    /** The operand size of a memory form, 0 for one that is not told. */
    static int bytes(Insn i) {
        String form = form(i);
        int space = form.indexOf(' ');
        return space < 0 ? 0 : Integer.parseInt(form.substring(space + 1));
    }

    /** The operands of a register form. */
    static String operands(Insn i) {
        String form = form(i);
        int space = form.indexOf(' ');
        return space < 0 || form.endsWith(")")
                ? ""
                : form.substring(space + 1).replace("%", "st(" + (i.modrm & 7) + ")");
    }
}
