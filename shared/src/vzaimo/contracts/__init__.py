"""Facts that Vzaimo's services publish: CloudEvents on NATS JetStream, their data as pydantic models.

Everything here needs pydantic and the standard library only, so that another team can install
``vzaimo-shared`` alone and read the bus. Facts change by addition only.
"""
