package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import javax.tools.ToolProvider;

/**
 * A vendor's plugin, made without our build: compiled against the API's jar alone, its manifest and component written by hand. The
 * device has one port, at which every read gives the next letter of the alphabet; how far it is, is its state.
 */
record VendorDevice(Path jar) {
    private static final String SOURCE = """
            package com.example.letters;

            import dev.backplane.api.device.Device;
            import dev.backplane.api.device.DeviceContext;
            import dev.backplane.api.device.DeviceFactory;
            import dev.backplane.api.device.RegisterHandler;
            import dev.backplane.api.device.ResetKind;
            import dev.backplane.api.device.Shape;
            import dev.backplane.api.part.Deadline;
            import dev.backplane.api.part.Option;
            import dev.backplane.api.part.Resumption;
            import dev.backplane.api.state.StateVersion;

            public final class LettersFactory implements DeviceFactory<LettersFactory.Options, LettersFactory.State> {
                public record Options(@Option(value = "Its port.", max = 0xffff, byDefault = "0x500") int port) {}

                @StateVersion(schema = "com.example.letters", writes = 1, reads = 1)
                public record State(long count) {}

                @Override
                public Shape shape(Options options) {
                    return Shape.empty().withPorts("letters", options.port(), 1);
                }

                @Override
                public Device<State> create(Options options, DeviceContext context) {
                    return new Letters(context, 0);
                }

                @Override
                public Device<State> restore(Options options, DeviceContext context, State state) {
                    return new Letters(context, state.count());
                }

                private static final class Letters implements Device<State>, RegisterHandler {
                    private long count;

                    Letters(DeviceContext context, long count) {
                        this.count = count;
                        context.serve("letters", this);
                    }

                    @Override
                    public synchronized long read(long offset, int size) {
                        return 'FIRST' + count++ % 26;
                    }

                    @Override
                    public void write(long offset, int size, long value) {}

                    @Override
                    public void quiesce(Deadline deadline) {}

                    @Override
                    public synchronized State save() {
                        return new State(count);
                    }

                    @Override
                    public void resume(Resumption why) {}

                    @Override
                    public synchronized void reset(ResetKind kind) {
                        count = 0;
                    }

                    @Override
                    public void close() {}
                }
            }
            """;

    private static final String MANIFEST = """
            Manifest-Version: 1.0
            Bundle-ManifestVersion: 2
            Bundle-SymbolicName: com.example.letters
            Bundle-Version: VERSION
            Import-Package: dev.backplane.api.device;version="[1.0,2)",dev.
             backplane.api.part;version="[1.0,2)",dev.backplane.api.state;v
             ersion="[1.0,2)"
            Service-Component: OSGI-INF/letters.xml
            Provide-Capability: backplane.device;type=letters,backplane.sta
             te;schema=com.example.letters;writes:Long=1;reads:List<Long>=1
            Require-Capability: osgi.extender;filter:="(osgi.extender=osgi.
             component)"
            """;

    private static final String COMPONENT = """
            <?xml version="1.0" encoding="UTF-8"?>
            <component xmlns="http://www.osgi.org/xmlns/scr/v1.3.0" name="letters">
              <property name="device.type" value="letters"/>
              <service><provide interface="dev.backplane.api.device.DeviceFactory"/></service>
              <implementation class="com.example.letters.LettersFactory"/>
            </component>
            """;

    /** Builds one release; {@code first} is the alphabet's first letter, {@code a} or {@code A}. */
    static VendorDevice build(Path folder, String version, char first) throws IOException {
        var work = Files.createDirectories(folder.resolve("letters-" + version));
        var source = Files.writeString(work.resolve("LettersFactory.java"), SOURCE.replace("FIRST", "" + first));
        int result = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        OutputStream.nullOutputStream(),
                        null,
                        "-proc:none",
                        "-classpath",
                        api().toString(),
                        "-d",
                        work.toString(),
                        source.toString());
        assertEquals(0, result, "the vendor's source does not compile");
        var manifest = new Manifest();
        try (var text = new java.io.ByteArrayInputStream(
                MANIFEST.replace("VERSION", version).getBytes(StandardCharsets.UTF_8))) {
            manifest.read(text);
        }
        var jar = folder.resolve("letters-" + version + ".jar");
        try (var out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
            put(out, "OSGI-INF/letters.xml", COMPONENT.getBytes(StandardCharsets.UTF_8));
            var packed = work.resolve("com/example/letters");
            try (var classes = Files.newDirectoryStream(packed, "*.class")) {
                for (var file : classes) {
                    put(out, "com/example/letters/" + file.getFileName(), Files.readAllBytes(file));
                }
            }
        }
        return new VendorDevice(jar);
    }

    private static void put(JarOutputStream out, String name, byte[] bytes) throws IOException {
        out.putNextEntry(new JarEntry(name));
        out.write(bytes);
        out.closeEntry();
    }

    private static Path api() throws IOException {
        try (var jars = Files.newDirectoryStream(Backplane.HOME.resolve("bundles"), "dev.backplane.api-*.jar")) {
            return jars.iterator().next();
        }
    }

    /** Puts it into a plugin folder as the documentation has it: under another name first. */
    void dropInto(Path plugins) throws IOException {
        var part = Files.copy(jar, plugins.resolve("letters.jar.part"), StandardCopyOption.REPLACE_EXISTING);
        Files.move(part, in(plugins), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Its file in a plugin folder. */
    static Path in(Path plugins) {
        return plugins.resolve("letters.jar");
    }
}
