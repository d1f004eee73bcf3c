package dev.backplane.gdb.internal;

import dev.backplane.api.debug.VmDebugger;
import dev.backplane.api.vm.VmException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The registers of a stopped machine's vCPUs as packets have them. What was read is kept until the machine goes on. */
final class RegisterView {
    private static final String NO_REGISTER = "E01";

    private final VmDebugger debugger;
    private final Map<Integer, RegisterFile> files = new HashMap<>();
    private @Nullable Architecture architecture;
    private @Nullable List<Register> registers;

    RegisterView(VmDebugger debugger) {
        this.debugger = debugger;
    }

    /** The machine goes on. */
    void forget() {
        files.clear();
    }

    private RegisterFile file(int vcpu) throws VmException {
        RegisterFile known = files.get(vcpu);
        if (known == null) {
            known = new RegisterFile(debugger.state(vcpu));
            files.put(vcpu, known);
        }
        return known;
    }

    /** What they are, decided once: gdb asks when it connects. */
    private List<Register> registers() throws VmException {
        List<Register> decided = registers;
        if (decided == null) {
            Architecture fits = Architecture.of(file(0));
            architecture = fits;
            decided = new Registers(fits).all();
            registers = decided;
        }
        return decided;
    }

    String description() throws VmException {
        List<Register> described = registers();
        return TargetDescription.xml(architecture == null ? Architecture.X86_64 : architecture, described);
    }

    String readAll(int vcpu) throws VmException {
        StringBuilder all = new StringBuilder();
        for (Register register : registers()) {
            all.append(Hex.of(register.read(file(vcpu))));
        }
        return all.toString();
    }

    String read(int vcpu, int number) throws VmException {
        return number < 0 || number >= registers().size()
                ? NO_REGISTER
                : Hex.of(registers().get(number).read(file(vcpu)));
    }

    String write(int vcpu, int number, String hex) throws VmException {
        if (number < 0 || number >= registers().size()) {
            return NO_REGISTER;
        }
        byte[] value = Hex.bytes(hex);
        Register register = registers().get(number);
        if (value.length != register.bytes()) {
            return NO_REGISTER;
        }
        register.writer().write(file(vcpu), value);
        return load(vcpu);
    }

    String writeAll(int vcpu, String hex) throws VmException {
        byte[] values = Hex.bytes(hex);
        int at = 0;
        for (Register register : registers()) {
            if (at + register.bytes() > values.length) {
                break;
            }
            byte[] value = new byte[register.bytes()];
            System.arraycopy(values, at, value, 0, value.length);
            register.writer().write(file(vcpu), value);
            at += value.length;
        }
        return load(vcpu);
    }

    private String load(int vcpu) throws VmException {
        try {
            debugger.load(vcpu, file(vcpu).state());
            return "OK";
        } finally {
            files.remove(vcpu);
        }
    }

    /** One line about a vCPU, for {@code info threads}. */
    String describe(int vcpu) throws VmException {
        RegisterFile file = file(vcpu);
        String mode = file.realMode() ? "real mode" : file.longMode() ? "long mode" : "protected mode";
        return "vCPU %d, %s, %s"
                .formatted(
                        vcpu,
                        mode,
                        debugger.state(vcpu)
                                .activity()
                                .name()
                                .toLowerCase(Locale.ROOT)
                                .replace('_', ' '));
    }
}
