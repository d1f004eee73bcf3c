package dev.backplane.x86.oracle;

import dev.backplane.x86.decode.OpcodeLines;
import dev.backplane.x86.oracle.Form.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** All opcode forms of the opcode table. x87's eight lines are taken apart into their instructions. */
final class Forms {
    private static final Set<String> STRINGS = Set.of("MOVS", "CMPS", "STOS", "LODS", "SCAS", "INS", "OUTS");
    private static final Set<String> COMPARING = Set.of("CMPS", "SCAS");
    private static final int FIRST_REGISTER_FORM = 0xC0;

    private final List<Form> forms = new ArrayList<>();

    private Forms() {}

    static List<Form> all() {
        var all = new Forms();
        for (String line : OpcodeLines.all()) {
            String[] columns = line.trim().split("\\s+");
            Set<String> properties =
                    Set.of(List.of(columns).subList(5, columns.length).toArray(String[]::new));
            if (columns[3].equals("X87")) {
                all.x87(columns[0]);
            } else {
                all.line(columns, properties);
            }
        }
        for (String line : OpcodeLines.vex()) {
            String[] columns = line.trim().split("\\s+");
            all.line(columns, Set.of(List.of(columns).subList(5, columns.length).toArray(String[]::new)));
        }
        // Which the decoder makes of ARPL's and XCHG's opcodes.
        all.line("63 - r MOVSXD Gv,Ed".split(" "), Set.of("m:r"));
        all.line("90 - - NOP -".split(" "), Set.of());
        all.line("90 F3 - PAUSE -".split(" "), Set.of());
        return List.copyOf(all.forms);
    }

    private void line(String[] columns, Set<String> properties) {
        boolean wide = !properties.contains("no64");
        String modrm = columns[2];
        boolean memoryOnly = modrm.length() > 1 && modrm.endsWith("m");
        boolean registerOnly = modrm.length() > 1 && modrm.endsWith("r") || modrm.startsWith("=");
        String rule =
                memoryOnly || registerOnly && !modrm.startsWith("=") ? modrm.substring(0, modrm.length() - 1) : modrm;
        if (columns[4].matches("(Rd,[CD]d|[CD]d,Rd)")) {
            registerOnly = true;
        }
        for (int bits : sizes(columns, properties, wide)) {
            for (Place place : Place.values()) {
                boolean fits = switch (place) {
                    case NONE -> modrm.equals("-");
                    case REGISTER -> !modrm.equals("-") && !memoryOnly;
                    case MEMORY -> !modrm.equals("-") && !registerOnly;
                };
                if (fits) {
                    var form = new Form(
                            columns[0], columns[1], rule, columns[3], columns[4], properties, bits, place, "", wide);
                    forms.add(form);
                    if (place == Place.MEMORY && properties.contains("lock")) {
                        forms.add(with(form, "lock"));
                    }
                    if (STRINGS.contains(columns[3])) {
                        forms.add(with(form, "rep"));
                        if (COMPARING.contains(columns[3])) {
                            forms.add(with(form, "repne"));
                        }
                    }
                }
            }
        }
    }

    private static Form with(Form f, String extra) {
        return new Form(
                f.opcode(),
                f.prefix(),
                f.modrm(),
                f.mnemonic(),
                f.operands(),
                f.properties(),
                f.bits(),
                f.place(),
                extra,
                f.wide());
    }

    private static int[] sizes(String[] columns, Set<String> properties, boolean wide) {
        String operands = columns[4];
        boolean conditional = columns[3].equals("JCC") || columns[3].startsWith("LOOP") || columns[3].equals("JCXZ");
        if (properties.contains("byte") || properties.contains("f64") || conditional || columns[2].startsWith("=")) {
            return new int[] {0};
        }
        boolean vex = properties.contains("l0") || properties.contains("l1") || properties.contains("lig");
        boolean vector = vex || operands.matches(".*([VWPQNU][a-z]).*");
        if (operands.contains("y")) {
            return new int[] {32, 64};
        }
        if (vector) {
            return new int[] {0};
        }
        boolean unsized =
                operands.equals("-") && !columns[3].matches("CBW|CWD|PUSHF|POPF|LEAVE|IRET|RET_FAR|PUSHA|POPA");
        if (unsized || columns[3].matches("CLFLUSH|LDMXCSR|STMXCSR|INT|INVPCID|INVLPG|AAM|AAD")) {
            return new int[] {0};
        }
        if (columns[1].equals("np") || columns[1].equals("66") && columns[3].equals("CMPXCHG8B")) {
            return new int[] {32, 64};
        }
        if (columns[1].equals("66")) {
            return new int[] {16, 64};
        }
        boolean stack = properties.contains("d64");
        return !wide ? new int[] {16, 32} : stack ? new int[] {16, 64} : new int[] {16, 32, 64};
    }

    private void x87(String opcode) {
        int escape = Integer.parseInt(opcode, 16) & 7;
        for (int n = 0; n < 8; n++) {
            boolean sized = escape == 1 && (n == 4 || n == 6) || escape == 5 && (n == 4 || n == 6);
            for (int bits : sized ? new int[] {16, 32} : new int[] {0}) {
                x87(opcode, "/" + n, bits, Place.MEMORY);
            }
            if (escape == 1 && n >= 2 || escape == 3 && n == 4 || escape == 6 && n == 3 || escape == 7 && n == 4) {
                for (int rm = 0; rm < 8; rm++) {
                    x87(opcode, "=%02X".formatted(FIRST_REGISTER_FORM | n << 3 | rm), 0, Place.REGISTER);
                }
            } else {
                x87(opcode, "/" + n, 0, Place.REGISTER);
            }
        }
    }

    private void x87(String opcode, String modrm, int bits, Place place) {
        String name = "X87";
        forms.add(new Form(opcode, "-", modrm, name, "-", Set.of(), bits, place, "", true));
    }
}
