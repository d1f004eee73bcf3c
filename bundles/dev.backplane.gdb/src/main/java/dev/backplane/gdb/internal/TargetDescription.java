package dev.backplane.gdb.internal;

import dev.backplane.gdb.internal.Register.Feature;
import java.util.List;

/** What {@code qXfer:features:read:target.xml} gives: the architecture and its registers (gdb manual, G.2). */
final class TargetDescription {
    private static final String EFLAGS = flags(
            "i386_eflags",
            4,
            "CF:0 :1 PF:2 AF:4 ZF:6 SF:7 TF:8 IF:9 DF:10 OF:11 IOPL:12-13 NT:14 RF:16 VM:17 AC:18 VIF:19 VIP:20 ID:21");
    private static final String MXCSR = flags(
            "i386_mxcsr", 4, "IE:0 DE:1 ZE:2 OE:3 UE:4 PE:5 DAZ:6 IM:7 DM:8 ZM:9 OM:10 UM:11 PM:12 RC:13-14 FZ:15");
    private static final String CR0 =
            flags("x86_cr0", 8, "PE:0 MP:1 EM:2 TS:3 ET:4 NE:5 WP:16 AM:18 NW:29 CD:30 PG:31");
    private static final String CR4 = flags(
            "x86_cr4",
            8,
            "VME:0 PVI:1 TSD:2 DE:3 PSE:4 PAE:5 MCE:6 PGE:7 PCE:8 OSFXSR:9 OSXMMEXCPT:10 UMIP:11 LA57:12 FSGSBASE:16"
                    + " PCIDE:17 OSXSAVE:18 SMEP:20 SMAP:21");
    private static final String EFER = flags("x86_efer", 8, "SCE:0 LME:8 LMA:10 NXE:11");
    private static final String VECTOR = """
            <vector id="v4f" type="ieee_single" count="4"/>
            <vector id="v2d" type="ieee_double" count="2"/>
            <vector id="v16i8" type="int8" count="16"/>
            <vector id="v8i16" type="int16" count="8"/>
            <vector id="v4i32" type="int32" count="4"/>
            <vector id="v2i64" type="int64" count="2"/>
            <union id="vec128">
            <field name="v4_float" type="v4f"/>
            <field name="v2_double" type="v2d"/>
            <field name="v16_int8" type="v16i8"/>
            <field name="v8_int16" type="v8i16"/>
            <field name="v4_int32" type="v4i32"/>
            <field name="v2_int64" type="v2i64"/>
            <field name="uint128" type="uint128"/>
            </union>
            """;

    private TargetDescription() {}

    /** The description; registers are numbered in the order of the list. */
    static String xml(Architecture architecture, List<Register> registers) {
        StringBuilder xml = new StringBuilder("""
                <?xml version="1.0"?>
                <!DOCTYPE target SYSTEM "gdb-target.dtd">
                <target version="1.0">
                """);
        xml.append("<architecture>").append(architecture.bfdName).append("</architecture>\n");
        for (Feature feature : Feature.values()) {
            List<Register> members = registers.stream()
                    .filter(register -> register.feature() == feature)
                    .toList();
            if (!members.isEmpty()) {
                xml.append("<feature name=\"")
                        .append(feature.id)
                        .append("\">\n")
                        .append(types(feature, architecture));
                members.forEach(register -> xml.append(line(register, registers.indexOf(register))));
                xml.append("</feature>\n");
            }
        }
        return xml.append("</target>\n").toString();
    }

    private static String types(Feature feature, Architecture architecture) {
        return switch (feature) {
            case CORE -> EFLAGS;
            case SSE -> VECTOR + MXCSR;
            case SEGMENTS -> "";
            case SYSTEM -> architecture == Architecture.X86_64 ? CR0 + CR4 + EFER : "";
        };
    }

    private static String line(Register register, int number) {
        String group = switch (register.feature()) {
            case SEGMENTS, SYSTEM -> "";
            case SSE -> register.name().equals("mxcsr") ? " group=\"vector\"" : "";
            case CORE ->
                register.name().startsWith("f")
                                && register.bytes() == 4
                                && register.type().equals("int")
                        ? " group=\"float\""
                        : "";
        };
        return "<reg name=\"%s\" bitsize=\"%d\" type=\"%s\" regnum=\"%d\"%s/>\n"
                .formatted(register.name(), register.bytes() * 8, register.type(), number, group);
    }

    /** {@code "PE:0 IOPL:12-13"}: names and bits. */
    private static String flags(String id, int bytes, String fields) {
        StringBuilder xml = new StringBuilder("<flags id=\"%s\" size=\"%d\">\n".formatted(id, bytes));
        for (String field : fields.split(" ")) {
            String name = field.substring(0, field.indexOf(':'));
            String[] bits = field.substring(field.indexOf(':') + 1).split("-");
            xml.append(
                    "<field name=\"%s\" start=\"%s\" end=\"%s\"/>\n".formatted(name, bits[0], bits[bits.length - 1]));
        }
        return xml.append("</flags>\n").toString();
    }
}
