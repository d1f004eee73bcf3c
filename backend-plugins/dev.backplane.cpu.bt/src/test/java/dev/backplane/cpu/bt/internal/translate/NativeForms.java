package dev.backplane.cpu.bt.internal.translate;

import dev.backplane.cpu.bt.internal.host.HostProbe;
import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.decode.Feature;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Cpu;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The instructions that the translator does not leave to the interpreter, by form: mnemonic, operands, operand size, register or
 * memory, LOCK; conditional ones by condition. Found by trying every encoding on {@link Forms}.
 */
public final class NativeForms {
    private static final int[] PREFIXES = {0, 0x66, 0xF3, 0xF2};
    private static final int[] REX = {0, 0x40, 0x48};

    /**
     * An encoding of a form: what stands before its registers.
     *
     * @param extension ModR/M.reg where it is a part of the opcode; else any
     * @param modrm whether there is a ModR/M byte
     * @param vex -1 for none; with a VEX prefix, which has {@code prefix} in it, the bit for vectors of 32 bytes
     */
    public record Encoding(
            String name,
            int prefix,
            boolean wide,
            int map,
            int opcode,
            int extension,
            boolean modrm,
            boolean memory,
            boolean lock,
            int vex) {}

    private final Decoder decoder = new Decoder(EnumSet.allOf(Feature.class));
    private final Forms forms = new Forms(HostProbe.features(), false);
    private final Insn insn = new Insn();
    private final Map<String, List<Encoding>> encodings = new TreeMap<>();

    private NativeForms(boolean kernel) {
        forms.mode(true, true, kernel);
        for (int map = 0; map < 4; map++) {
            for (int opcode = 0; opcode < 256; opcode++) {
                for (int prefix : PREFIXES) {
                    for (int rex : REX) {
                        if (!(map == 0 && isPrefix(opcode)) && !(map == 1 && (opcode == 0x38 || opcode == 0x3A))) {
                            tryAll(prefix, rex, map, opcode);
                        }
                    }
                }
                for (int n = 0; n < 16 && map > 0; n++) {
                    tryVex(map, opcode, n & 3, n >> 2);
                }
            }
        }
    }

    private void tryVex(int map, int opcode, int prefix, int lengthAndW) {
        int length = lengthAndW & 1;
        int w = lengthAndW >> 1;
        for (int modrm = 0; modrm < 16; modrm++) {
            boolean memory = modrm >= 8;
            // VEX.vvvv that names nothing has to be 1111B, which is a register where it names one.
            byte[] code = new byte[20];
            code[0] = (byte) 0xC4;
            code[1] = (byte) (0xE0 | map);
            code[2] = (byte) (w << 7 | 0x78 | length << 2 | prefix);
            code[3] = (byte) opcode;
            code[4] = (byte) (memory ? (modrm & 7) << 3 | 3 : 0xC0 | modrm << 3 | 3);
            if (decoder.decode(code, 0, code.length, Cpu.CODE64, insn) != Decoder.Result.OK) {
                continue;
            }
            String name = name(insn);
            boolean bare = insn.modrm < 0 && modrm > 0;
            if (name != null && !bare) {
                boolean modrmByte = insn.modrm >= 0;
                add(new Encoding(
                        name, PREFIXES[prefix], w != 0, map, opcode, modrm & 7, modrmByte, memory, false, length));
            }
        }
    }

    /** Those of user mode, or of kernel mode. */
    public static NativeForms of(boolean kernel) {
        return new NativeForms(kernel);
    }

    /**
     * Whether a form would leave the test's process with another thread's memory, enter the host's kernel, or read the host's clock. Where
     * it is proved: by the small guests of system calls and of FS and GS bases, which run on every backend, and by random ways into a
     * kernel.
     */
    public static boolean elsewhere(String name) {
        return switch (name.substring(0, name.indexOf(' '))) {
            case "SYSCALL", "RDFSBASE", "RDGSBASE", "WRFSBASE", "WRGSBASE", "RDTSC", "RDTSCP" -> true;
            default -> false;
        };
    }

    /** Encodings by the names of forms. */
    public Map<String, List<Encoding>> encodings() {
        return encodings;
    }

    /** The name of an instruction's form; null where the interpreter executes it. */
    public @org.jspecify.annotations.Nullable String name(Insn i) {
        Form form = forms.of(i);
        if (form == Form.INTERPRETED) {
            return null;
        }
        boolean conditional = switch (i.mnemonic()) {
            case JCC, SETCC, CMOVCC -> true;
            default -> false;
        };
        String vex = !i.vex() ? "" : i.opcode.isGeneral() ? "VEX " : "VEX." + 8 * i.vectorBytes + " ";
        return "%s %s %s%d%s%s%s"
                .formatted(
                        i.mnemonic(),
                        i.opcode.operands(),
                        vex,
                        i.opcode.has(Opcode.BYTE) ? 8 : 8 * i.operandBytes,
                        conditional ? " condition " + (i.opcodeByte & 15) : "",
                        i.memory ? " memory" : "",
                        i.lock ? " locked" : "");
    }

    private static boolean isPrefix(int opcode) {
        return switch (opcode) {
            case 0x0F, 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3 -> true;
            default -> opcode >> 4 == 4;
        };
    }

    private void tryAll(int prefix, int rex, int map, int opcode) {
        for (int modrm = 0; modrm < 16; modrm++) {
            boolean memory = modrm >= 8;
            for (boolean lock : memory ? new boolean[] {false, true} : new boolean[] {false}) {
                byte[] code = new byte[20];
                int n = 0;
                if (lock) {
                    code[n++] = (byte) 0xF0;
                }
                if (prefix != 0) {
                    code[n++] = (byte) prefix;
                }
                if (rex != 0) {
                    code[n++] = (byte) rex;
                }
                if (map > 0) {
                    code[n++] = 0x0F;
                }
                if (map > 1) {
                    code[n++] = (byte) (map == 2 ? 0x38 : 0x3A);
                }
                code[n++] = (byte) opcode;
                code[n] = (byte) (memory ? (modrm & 7) << 3 | 3 : 0xC0 | modrm << 3 | 3);
                if (decoder.decode(code, 0, code.length, Cpu.CODE64, insn) != Decoder.Result.OK) {
                    continue;
                }
                String name = name(insn);
                boolean memoryWithout = insn.modrm < 0 && modrm > 0;
                if (name == null || memoryWithout || insn.modrm >= 0 && insn.memory != memory) {
                    continue;
                }
                add(new Encoding(
                        name,
                        prefix,
                        rex == 0x48,
                        map,
                        opcode,
                        modrm & 7,
                        insn.modrm >= 0,
                        insn.memory && memory,
                        lock,
                        -1));
            }
        }
    }

    private void add(Encoding encoding) {
        encodings.computeIfAbsent(encoding.name(), name -> new ArrayList<>()).add(encoding);
    }
}
