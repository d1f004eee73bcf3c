package dev.backplane.x86.decode;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The opcodes with a VEX prefix, read once from {@code vex.txt}, whose head explains its columns. Immutable. */
final class VexTable {
    /** What has an effect on the choice beside map, mandatory prefix and opcode: -1 where it does not matter. */
    private record Candidate(Opcode opcode, int length, int w, String modrm) {
        boolean fits(int l, int wide, int modrmByte) {
            return (length < 0 || length == l)
                    && (w < 0 || w == wide)
                    && (modrm.equals("-") || OpcodeTable.matches(modrm, modrmByte));
        }
    }

    private static final String[] ORDERS = {"9", "A", "B"};
    private static final String[] FUSED = {"FMADDSUB", "FMSUBADD", "FMADD", "FMSUB", "FNMADD", "FNMSUB"};

    static final VexTable INSTANCE = new VexTable();

    /** By map (0F, 0F38, 0F3A), mandatory prefix (none, 66, F3, F2) and opcode byte. */
    private final Candidate[][] candidates = new Candidate[3 << 10][];

    private VexTable() {
        lines().forEach(this::add);
    }

    /** One line an encoding, of one vector length and place, without alternatives: resource and FMA. */
    static List<String> lines() {
        List<String> lines = OpcodeTable.resource("vex.txt");
        fused(lines);
        return lines.stream()
                .flatMap(line -> lengths(line).stream())
                .flatMap(line -> places(line).stream())
                .toList();
    }

    /** FMA: the upper half of the opcode tells the order of the operands, the lower half what is done with them. */
    private static void fused(List<String> lines) {
        for (String order : ORDERS) {
            for (int n = 0; n < FUSED.length; n++) {
                int packed = n < 2 ? 6 + n : 4 + 2 * n;
                lines.add("0F38%s%X 66 r %sPS Vx,Hx,Wx m:r b16|b32 w0 f:FMA".formatted(order, packed, FUSED[n]));
                lines.add("0F38%s%X 66 r %sPD Vx,Hx,Wx m:r b16|b32 w1 f:FMA".formatted(order, packed, FUSED[n]));
                if (n >= 2) {
                    lines.add("0F38%s%X 66 r %sSS Vss,Hss,Wss m:r b4 lig w0 f:FMA"
                            .formatted(order, packed + 1, FUSED[n]));
                    lines.add("0F38%s%X 66 r %sSD Vsd,Hsd,Wsd m:r b8 lig w1 f:FMA"
                            .formatted(order, packed + 1, FUSED[n]));
                }
            }
        }
    }

    private static List<String> lengths(String line) {
        if (line.matches(".* (l0|l1|lig)( .*|$)")) {
            return List.of(line);
        }
        return List.of(line.replaceAll("(\\S+)\\|\\S+", "$1") + " l0", line.replaceAll("\\S+\\|(\\S+)", "$1") + " l1");
    }

    private static List<String> places(String line) {
        if (line.indexOf('/', line.indexOf("f:")) < 0) {
            return List.of(line);
        }
        return List.of(
                line.replaceAll("f:(\\w+)/\\w+", "f:$1").replaceFirst(" r ", " rm "),
                line.replaceAll("f:\\w+/(\\w+)", "f:$1").replaceFirst(" r ", " rr "));
    }

    private void add(String line) {
        List<String> columns = new ArrayList<>(List.of(line.trim().split("\\s+")));
        String code = columns.get(0);
        int map = code.startsWith("0F38") ? 1 : code.startsWith("0F3A") ? 2 : 0;
        int opcode = Integer.parseInt(code.substring(code.length() - 2), 16);
        int prefix = OpcodeTable.PREFIXES.indexOf(columns.get(1));
        int length = columns.remove("l0") ? 0 : columns.remove("l1") ? 1 : -1;
        columns.remove("lig");
        int w = columns.remove("w0") ? 0 : columns.remove("w1") ? 1 : -1;
        var candidate =
                new Candidate(OpcodeTable.opcode(columns.toArray(String[]::new), false), length, w, columns.get(2));
        int key = map << 10 | prefix << 8 | opcode;
        Candidate @Nullable [] old = candidates[key];
        var all = new ArrayList<>(old == null ? List.of() : List.of(old));
        all.add(candidate);
        candidates[key] = all.toArray(Candidate[]::new);
    }

    /**
     * The opcode, or {@link Opcode#NONE}.
     *
     * @param map 1 for 0F, 2 for 0F38, 3 for 0F3A
     * @param prefix 0 none, 1 = 66, 2 = F3, 3 = F2
     * @param length VEX.L
     * @param w VEX.W
     */
    Opcode find(int map, int opcode, int prefix, int length, int w, int modrm) {
        Candidate @Nullable [] all = map < 1 || map > 3 ? null : candidates[map - 1 << 10 | prefix << 8 | opcode];
        if (all != null) {
            for (Candidate candidate : all) {
                if (candidate.fits(length, w, modrm)) {
                    return candidate.opcode;
                }
            }
        }
        return Opcode.NONE;
    }
}
