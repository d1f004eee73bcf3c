package dev.backplane.itests.inside;

import static org.ops4j.pax.exam.CoreOptions.bootClasspathLibrary;
import static org.ops4j.pax.exam.CoreOptions.bundle;
import static org.ops4j.pax.exam.CoreOptions.composite;
import static org.ops4j.pax.exam.CoreOptions.frameworkProperty;
import static org.ops4j.pax.exam.CoreOptions.frameworkStartLevel;
import static org.ops4j.pax.exam.CoreOptions.systemPackages;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;
import static org.ops4j.pax.exam.CoreOptions.url;
import static org.ops4j.pax.exam.CoreOptions.vmOption;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import org.ops4j.pax.exam.Constants;
import org.ops4j.pax.exam.Option;

/** What a test's {@code @Configuration} returns: the built distribution's bundles, levels, settings and JVM options. */
final class Distribution {
    private static final Path HOME = Path.of(System.getProperty("backplane.home"));
    private static final String SYSTEM_PACKAGES = "org.osgi.framework.system.packages.extra";
    /** The tests' own settings, which are for the forked framework too. */
    private static final Pattern OWN_SETTING = Pattern.compile("fixtures|(backplane|itests)\\..*");

    private static final String LINKS = "link:classpath:META-INF/links/";

    private Distribution() {}

    /** The whole distribution, as the launcher would start it, and what the test needs on top. */
    static Option[] with(Option... more) {
        var options = new ArrayList<Option>();
        options.add(frameworkStartLevel(Constants.START_LEVEL_TEST_BUNDLE));
        options.add(vmOption("@" + HOME.resolve("etc/jvm.options")));
        jars("lib")
                .forEach(jar ->
                        options.add(bootClasspathLibrary(jar.toUri().toString()).afterFramework()));
        var settings = settings();
        jars("bundles").forEach(jar -> options.add(provision(jar, settings)));
        for (var name : settings.stringPropertyNames()) {
            if (!name.startsWith("level") && !name.equals(SYSTEM_PACKAGES)) {
                options.add(frameworkProperty(name).value(settings.getProperty(name)));
            }
        }
        options.add(systemPackages(settings.getProperty(SYSTEM_PACKAGES).split("\\s*,\\s*")));
        options.add(testRunner());
        for (var name : System.getProperties().stringPropertyNames()) {
            if (OWN_SETTING.matcher(name).matches()) {
                options.add(systemProperty(name).value(System.getProperty(name)));
            }
        }
        options.addAll(List.of(more));
        return options.toArray(Option[]::new);
    }

    private static Option provision(Path jar, Properties settings) {
        var level = Integer.parseInt(settings.getProperty("level." + symbolicName(jar), settings.getProperty("level"))
                .strip());
        var bundle = bundle(jar.toUri().toString());
        return level == 0 ? bundle.noStart() : bundle.startLevel(level);
    }

    /** JUnit 4 inside; its helper was built for the first major version of slf4j, which the second one is compatible with. */
    private static Option testRunner() {
        return composite(
                systemProperty("pax.exam.invoker").value("junit"),
                systemPackages("org.slf4j;version=1.7.36"),
                // The other runner knows nothing of what is to be done before and after a test.
                systemProperty("pax.exam.invoker").value("junit"),
                url(LINKS + "org.ops4j.pax.exam.invoker.junit.link").startLevel(Constants.START_LEVEL_SYSTEM_BUNDLES),
                url(LINKS + "org.apache.servicemix.bundles.junit.link"),
                url(LINKS + "org.apache.servicemix.bundles.hamcrest.link"));
    }

    private static List<Path> jars(String folder) {
        try (var files = Files.list(HOME.resolve(folder))) {
            return files.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Properties settings() {
        var properties = new Properties();
        try (var reader = Files.newBufferedReader(HOME.resolve("etc/framework.properties"))) {
            properties.load(reader);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties;
    }

    private static String symbolicName(Path jar) {
        try (var file = new JarFile(jar.toFile())) {
            return file.getManifest()
                    .getMainAttributes()
                    .getValue("Bundle-SymbolicName")
                    .split(";")[0]
                    .strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
