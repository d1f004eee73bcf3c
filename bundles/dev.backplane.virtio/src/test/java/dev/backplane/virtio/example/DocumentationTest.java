package dev.backplane.virtio.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the API's documentation shows is what is compiled and tested here. */
class DocumentationTest {
    @TempDir
    Path folder;

    @Test
    void thePackageShowsTheWholeExample() throws IOException {
        var said = new StringWriter();
        int status = ToolProvider.findFirst("javadoc")
                .orElseThrow()
                .run(
                        new PrintWriter(said),
                        new PrintWriter(said),
                        "-quiet",
                        "-Xdoclint:all",
                        "-d",
                        folder.toString(),
                        "--snippet-path",
                        "src/test/java",
                        "-classpath",
                        System.getProperty("java.class.path"),
                        "-sourcepath",
                        "../dev.backplane.api/src/main/java",
                        "dev.backplane.api.device.virtio");
        assertEquals(0, status, said.toString());
        String page = Files.readString(folder.resolve("dev/backplane/api/device/virtio/package-summary.html"));
        for (String part : new String[] {"class DiceDevice", "class DiceFactory", "class DiceTest", "sides"}) {
            assertTrue(page.contains(part), part);
        }
    }
}
