"""Stands in for the package inference-schema 1.8: what a decorated `run()` takes and gives, declared by samples.

Conversions, refusals, their texts and the generated schemas are compared with those of the real package.
"""
