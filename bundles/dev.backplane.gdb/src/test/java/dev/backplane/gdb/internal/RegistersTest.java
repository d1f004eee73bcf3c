package dev.backplane.gdb.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.VcpuState;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Registers by name, and their description (gdb manual, G). */
class RegistersTest {
    private static final Pattern REGISTER =
            Pattern.compile("<reg name=\"([a-z0-9_]+)\" bitsize=\"([0-9]+)\" type=\"[a-z0-9_]+\" regnum=\"([0-9]+)\"");

    private static Register named(Architecture architecture, String name) {
        return new Registers(architecture)
                .all().stream()
                        .filter(register -> register.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> new AssertionError(name));
    }

    private static String hex(Architecture architecture, String name, VcpuState state) {
        return Hex.of(named(architecture, name).read(new RegisterFile(state)));
    }

    @ParameterizedTest
    @EnumSource
    void descriptionListsEveryRegisterWithItsNumber(Architecture architecture) {
        List<Register> registers = new Registers(architecture).all();
        String xml = TargetDescription.xml(architecture, registers);
        assertTrue(xml.contains("<architecture>" + architecture.bfdName + "</architecture>"), xml);
        List<String> described = new ArrayList<>();
        for (Matcher register = REGISTER.matcher(xml); register.find(); ) {
            Register meant = registers.get(Integer.parseInt(register.group(3)));
            assertEquals(meant.name(), register.group(1));
            assertEquals(String.valueOf(8 * meant.bytes()), register.group(2));
            described.add(register.group(1));
        }
        assertEquals(
                registers.stream().map(Register::name).sorted().toList(),
                described.stream().sorted().toList());
    }

    /** What gdb demands of its own features. */
    @Test
    void coreOfX8664IsInGdbsOrder() {
        List<String> names = new Registers(Architecture.X86_64)
                .all().stream().map(Register::name).toList();
        assertEquals(List.of("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8"), names.subList(0, 9));
        assertEquals(List.of("rip", "eflags", "cs", "ss", "ds", "es", "fs", "gs", "st0"), names.subList(16, 25));
        assertTrue(names.containsAll(List.of("xmm15", "mxcsr", "fs_base", "gs_base", "cr0", "cr4", "efer")));
    }

    @Test
    void valuesAreTheStates() {
        VcpuState state = States.of(false);
        assertEquals("3333333333333333", hex(Architecture.X86_64, "rbx", state));
        assertEquals("007c000000000000", hex(Architecture.X86_64, "rip", state));
        assertEquals("10000000", hex(Architecture.X86_64, "cs", state));
        assertEquals("0040000000000000", hex(Architecture.X86_64, "fs_base", state));
        assertEquals("7f030000", hex(Architecture.X86_64, "fctrl", state));
        assertEquals("ffff0000", hex(Architecture.X86_64, "ftag", state));
        assertEquals("42" + "00".repeat(15), hex(Architecture.X86_64, "xmm0", state));
        assertEquals("0005000000000000", hex(Architecture.X86_64, "efer", state));
        assertEquals("33333333", hex(Architecture.I8086, "ebx", state));
    }

    @Test
    void initialComponentsThatTheAreaLeavesOutAreShown() {
        VcpuState state = States.of(false);
        state.xsave()[512] = 0;
        assertEquals("7f030000", hex(Architecture.X86_64, "fctrl", state));
        assertEquals("00".repeat(16), hex(Architecture.X86_64, "xmm0", state));
    }

    @ParameterizedTest
    @EnumSource
    void everyWritableRegisterKeepsWhatIsWritten(Architecture architecture) {
        for (Register register : new Registers(architecture).all()) {
            if (register.name().matches(".dt_.*|tr|ldtr|ftag|fiseg|foseg|fctrl|fstat|fop|k_gs_base")) {
                continue;
            }
            RegisterFile file = new RegisterFile(States.of(false));
            byte[] value = register.read(file);
            int used = register.name().matches("[cdefgs]s") ? 2 : value.length;
            for (int n = 0; n < used; n++) {
                value[n] = (byte) (n + 1);
            }
            register.writer().write(file, value);
            assertArrayEquals(value, register.read(new RegisterFile(file.state())), register.name());
        }
    }

    @Test
    void segmentLoadInRealModeMovesItsBase() {
        RegisterFile file = new RegisterFile(States.of(true));
        file.selector(RegisterFile.CS, 0x7c0);
        assertEquals(0x7c00, file.state().segments().get(RegisterFile.CS).base());
    }
}
